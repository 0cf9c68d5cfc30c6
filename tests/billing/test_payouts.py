"""What marketplaces pay out: matched with the orders, settled to the cent, the differences told, nothing lost."""

import asyncio
from typing import Any

import pytest

from shared.contracts import Channel, PaymentState
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id
from tests.statements import statements

AMAZON_COLUMNS = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type "
    "order-id amount-type amount-description amount"
)
AMAZON = (
    "\t".join(AMAZON_COLUMNS.split())
    + """
12345678\t2026-11-01\t2026-11-14\t16.11.2026\t38,40\tEUR\t\t\t\t\t
12345678\t\t\t\t\tEUR\tOrder\t902-1\tItemPrice\tPrincipal\t20,00
12345678\t\t\t\t\tEUR\tOrder\t902-1\tItemPrice\tTax\t4,00
12345678\t\t\t\t\tEUR\tOrder\t902-1\tItemFees\tCommission\t-3,60
12345678\t\t\t\t\tEUR\tOrder\t902-2\tItemPrice\tPrincipal\t24,00
12345678\t\t\t\t\tEUR\tRefund\t902-1\tItemPrice\tPrincipal\t-5,00
12345678\t\t\t\t\tEUR\tServiceFee\t\tother-transaction\tSubscription Fee\t-1,00
"""
)
EBAY_COLUMNS = (
    "Transaction creation date,Type,Order number,Payout date,Payout ID,Net amount,Payout currency,"
    "Gross transaction amount,Transaction currency"
)
EBAY = f"""Transaction report
Seller,shop-of-mine
--,--
{EBAY_COLUMNS}
"Nov 12, 2026",Order,12-1,"Nov 14, 2026",6500001,21.30,EUR,24.00,EUR
"Nov 13, 2026",Order,12-2,"Nov 14, 2026",6500002,"1,080.00",EUR,"1,200.00",EUR
"Nov 13, 2026",Other fee,--,"Nov 14, 2026",6500001,-2.00,EUR,--,EUR
"Nov 14, 2026",Payout,--,"Nov 14, 2026",6500001,-19.30,EUR,--,EUR
"""


async def sold(billing: Driver, number: int, external_id: str, *, quantity: int = 2, version: int = 1) -> None:
    await billing.hear(order(number, version, line(quantity=quantity), channel=Channel.AMAZON, external_id=external_id))


async def upload(billing: Driver, content: str, **query: str) -> list[dict[str, Any]]:
    answer = await billing.http.post(
        "payouts/files", params=query, content=content.encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 201, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.row("S4-10", "S0-19")
async def test_a_settlement_report_is_recorded_and_reconciled(billing: Driver) -> None:
    await sold(billing, 1, "902-1")
    await sold(billing, 2, "902-2", quantity=3)
    [payout] = await upload(billing, AMAZON, source="amazon")
    assert (payout["reference"], payout["amount"], payout["paid_on"]) == ("12345678", "38.40", "2026-11-16")
    assert payout["totals"] == {
        "sales": "48.00",
        "refunds": "-5.00",
        "fees": "-3.60",
        "other": "-1.00",
        "net": "38.40",
    }
    assert (payout["difference"], payout["unmatched"]) == ("0.00", [])
    told = {one["order"]: (one["expected"], one["sales"], one["difference"]) for one in payout["orders"]}
    assert told == {"C-1": ("24.00", "24.00", "0.00"), "C-2": ("36.00", "24.00", "-12.00")}
    first, second = await billing.answer(order_id(1)), await billing.answer(order_id(2))
    assert (first.captured, first.refunded, first.payment) == (2400, 500, PaymentState.PARTLY_REFUNDED)
    assert (second.captured, second.payment, second.warning) == (2400, PaymentState.PENDING, "underpaid")
    [capture, refund] = (await billing.get("orders/C-1/payments"))["items"]
    assert (capture["method"], capture["actor"]) == ("amazon", "payout of amazon")
    assert (refund["kind"], refund["amount"]) == ("refund", "5.00")


async def test_a_transaction_report_tells_of_several_payouts(billing: Driver) -> None:
    await sold(billing, 1, "12-1")
    await sold(billing, 2, "12-2", quantity=100)
    first, second = await upload(billing, EBAY, source="ebay")
    assert (first["reference"], first["amount"], first["difference"]) == ("6500001", "19.30", "0.00")
    assert (first["totals"]["sales"], first["totals"]["fees"]) == ("24.00", "-4.70")
    assert (second["totals"]["sales"], second["totals"]["net"]) == ("1200.00", "1080.00")
    assert [(await billing.answer(order_id(number))).payment for number in (1, 2)] == [PaymentState.PAID] * 2


async def test_a_mapping_reads_any_other_file(billing: Driver) -> None:
    await sold(billing, 1, "M-1")
    content = "Virement;Commande;Montant;Nature\nV1;M-1;24,00;Vente\nV1;;-2,00;Commission\n"
    columns = (
        '{"reference": "Virement", "order": "Commande", "amount": "Montant", "kind": "Nature", '
        '"kinds": {"Vente": "sale", "Commission": "fee"}}'
    )
    [payout] = await upload(billing, content, source="manomano", columns=columns)
    assert (payout["totals"]["sales"], payout["totals"]["fees"]) == ("24.00", "-2.00")
    assert (await billing.answer(order_id(1))).payment is PaymentState.PAID


async def test_what_is_not_matched_is_kept_and_matched_later(billing: Driver) -> None:
    [payout] = await upload(billing, AMAZON, source="amazon")
    assert len(payout["unmatched"]) == 5
    waiting = await billing.get("payouts/unmatched", limit=3)
    assert (waiting["total"], len(waiting["items"])) == (5, 3)
    rest = await billing.get("payouts/unmatched", limit=3, after=waiting["next"])
    assert [one["position"] for one in waiting["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    await sold(billing, 1, "902-1")
    for _again in range(2):
        await next(job for job in billing.service.jobs if job.name == "match_payouts").run()
    account = await billing.answer(order_id(1))
    assert (account.captured, account.refunded, account.warning) == (2400, 500, None)
    assert (await billing.get("payouts/unmatched"))["total"] == 1


async def test_the_same_payout_again_books_nothing_twice(billing: Driver) -> None:
    await sold(billing, 1, "902-1")
    first = await upload(billing, AMAZON, source="amazon")
    assert await upload(billing, AMAZON, source="amazon") == first
    assert (await billing.answer(order_id(1))).captured == 2400
    answer = await billing.http.post(
        "payouts/files", params={"source": "amazon"}, content=AMAZON.replace("24,00", "25,00").encode()
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:payout-known")
    assert (await billing.get("payouts"))["total"] == 1


async def test_money_that_was_recorded_by_hand_counts(billing: Driver) -> None:
    await sold(billing, 1, "902-1")
    await billing.pay(1, "24.00", method="amazon")
    lines = [{"kind": "sale", "amount": "24.00", "order": "902-1"}]
    body = {"source": "amazon", "reference": "S1", "currency": "EUR", "lines": lines}
    answer = await billing.http.post("payouts", json=body)
    assert answer.status_code == 201, answer.text
    assert (await billing.answer(order_id(1))).captured == 2400


async def test_another_currency_is_told_and_not_booked(billing: Driver) -> None:
    await sold(billing, 1, "902-1")
    lines = [{"kind": "sale", "amount": "24.00", "order": "C-1"}]
    body = {"source": "amazon", "reference": "S1", "currency": "USD", "lines": lines, "amount": "20.00"}
    [payout] = (await billing.http.post("payouts", json=body)).json()["items"]
    assert payout["orders"][0]["problem"] == "the order is in EUR"
    assert payout["difference"] == "-4.00"
    assert (await billing.answer(order_id(1))).captured == 0


@pytest.mark.parametrize(
    ("content", "query", "field"),
    [
        ("nothing", {"source": "amazon"}, "body"),
        ("settlement-id\n", {"source": "amazon"}, "body"),
        (AMAZON.replace("20,00", "twenty"), {"source": "amazon"}, "body"),
        (AMAZON.replace("20,00", "20,001"), {"source": "amazon", "currency": "EUR"}, "body"),
        (AMAZON.replace("16.11.2026", "soon"), {"source": "amazon"}, "body"),
        (EBAY.replace('"Nov 14, 2026",6500001,-2.00', '"Nov 31, 2026",6500001,-2.00'), {"source": "ebay"}, "body"),
        ("p,a\n1,20.001\n", {"source": "other", "columns": '{"reference": "p", "amount": "a"}'}, "body"),
        ("a,b\n1,2\n", {"source": "other"}, "columns"),
        ("a,b\n1,2\n", {"source": "other", "columns": "{"}, "columns"),
        ("a,b\n1,2\n", {"source": "other", "columns": '{"reference": "x", "amount": "b"}'}, "body"),
        ("a,b\n1,2\n", {"source": "Other!"}, "source"),
    ],
)
async def test_files_that_cannot_be_read(billing: Driver, content: str, query: dict[str, str], field: str) -> None:
    answer = await billing.http.post("payouts/files", params=query, content=content.encode())
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await billing.get("payouts"))["total"] == 0


@pytest.mark.parametrize(
    ("amounts", "net"),
    [
        (("20.001", "3,50"), "20004.50"),
        (("1.234,50", "20.001"), "21235.50"),
        (("1,234,567", "1.5"), "1234568.50"),
        (("1 080,00", "-1\u202f000"), "80.00"),
    ],
)
async def test_the_other_amounts_tell_which_sign_is_the_decimals(
    billing: Driver, amounts: tuple[str, ...], net: str
) -> None:
    content = "p;a\n" + "".join(f"V1;{amount}\n" for amount in amounts)
    [payout] = await upload(billing, content, source="other", columns='{"reference": "p", "amount": "a"}')
    assert payout["totals"]["net"] == net


async def test_another_shop_sees_nothing(billing: Driver) -> None:
    await billing.open_shop(shop="other", key="theirs")
    await sold(billing, 1, "902-1")
    theirs = {"Authorization": "Bearer theirs"}
    lines = [{"kind": "sale", "amount": "24.00", "order": "902-1"}]
    body = {"source": "amazon", "reference": "S1", "currency": "EUR", "lines": lines}
    answer = await billing.http.post("payouts", json=body, headers=theirs)
    [payout] = answer.json()["items"]
    assert payout["orders"] == []
    assert (await billing.answer(order_id(1))).captured == 0
    assert (await billing.http.get(f"payouts/{payout['id']}")).status_code == 404
    assert (await billing.get("payouts/unmatched"))["total"] == 0


async def test_a_payout_in_another_currency_takes_nothing_off_what_is_expected(billing: Driver) -> None:
    await sold(billing, 1, "902-1")
    for reference, currency, amount in (("S1", "USD", "10.00"), ("S2", "EUR", "4.00"), ("S3", "EUR", "20.00")):
        lines = [{"kind": "sale", "amount": amount, "order": "902-1"}]
        body = {"source": "amazon", "reference": reference, "currency": currency, "lines": lines}
        [payout] = (await billing.http.post("payouts", json=body)).json()["items"]
        [told] = payout["orders"]
        foreign = currency == "USD"
        assert (told["problem"] == "the order is in EUR") == foreign
        assert told["difference"] == (None if foreign else {"S2": "-20.00", "S3": "0.00"}[reference])


async def test_as_many_statements_for_many_orders(billing: Driver) -> None:
    lines = []
    for number in range(1, 8):
        await sold(billing, number, f"902-{number}")
        lines.append({"kind": "sale", "amount": "24.00", "order": f"902-{number}"})
    counted = []
    for reference, of in (("S1", lines[:2]), ("S2", lines[2:])):
        body = {"source": "amazon", "reference": reference, "currency": "EUR", "lines": of}
        [payout] = (await billing.http.post("payouts", json=body)).json()["items"]
        with statements(billing.service.db) as seen:
            assert len((await billing.get(f"payouts/{payout['id']}"))["orders"]) == len(of)
        counted.append(len(seen))
    assert counted[0] == counted[1]


async def test_files_that_name_the_same_orders_crosswise_wait_for_one_another(billing: Driver) -> None:
    for number in range(1, 7):
        await sold(billing, number, f"902-{number}")

    async def record(name: str, orders: range) -> list[dict[str, Any]]:
        rows = [f"{name}{place},12.00,902-{number}" for place, number in enumerate(orders)]
        columns = '{"reference": "p", "amount": "a", "order": "o"}'
        return await upload(billing, "\n".join(["p,a,o", *rows]), source="amazon", columns=columns)

    recorded = await asyncio.gather(record("A", range(1, 7)), record("B", range(6, 0, -1)))
    assert [len(payouts) for payouts in recorded] == [6, 6]
    assert {(await billing.answer(order_id(number))).captured for number in range(1, 7)} == {2400}
