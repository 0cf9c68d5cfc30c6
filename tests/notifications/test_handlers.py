"""Orders and accounts heard: obligations appear once, follow the order, and the answer says how things stand."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from services.notifications.tables import attempts, obligations, parked
from shared.contracts import Channel, Closing, Customer, Order, Outcome, Shown
from tests.notifications.driver import NOON, Driver, account, entry, marketplace_order, order, parcel, shop
from tests.statements import statements


@pytest.mark.row("S2-18")
async def test_an_order_that_asks_for_nothing_is_only_answered(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1)))
    answer = await house.answer()
    assert (answer.version, answer.heard, answer.open, answer.items) == (1, 1, 0, ())


@pytest.mark.row("S1-31", "S2-06", "S2-07")
async def test_an_entry_asks_for_mails_and_an_sms(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True, sms=True)))
    answer = await house.answer()
    assert answer.open == 3
    assert [(item.channel, item.role, item.subject, item.outcome) for item in answer.items] == [
        ("mail", "client", "entry-1", Outcome.DUE),
        ("mail", "administrator", "entry-1", Outcome.DUE),
        ("sms", "client", "entry-1", Outcome.DUE),
    ]


@pytest.mark.row("S4-17")
async def test_each_action_of_an_entry_is_one_effect(house: Driver) -> None:
    """The status's actions come as the entry's: a mail alone, a mail to administrators alone, an SMS alone."""
    actions: tuple[dict[str, bool], ...] = ({"mail": True}, {"mail_admins": True}, {"sms": True}, {})
    for number, chosen in enumerate(actions, 1):
        await house.hear(order(number, 1, entry(number, **chosen)))
    said = [[(item.channel, item.role) for item in (await house.answer(number)).items] for number in (1, 2, 3, 4)]
    assert said == [[("mail", "client")], [("mail", "administrator")], [("sms", "client")], []]


async def test_the_same_entry_in_a_newer_order_asks_for_nothing_new(house: Driver) -> None:
    first = entry(1, mail=True)
    await house.hear(order(1, 1, first))
    await house.deliver()
    await house.hear(order(1, 2, first, entry(2, version=2, mail=True)))
    await house.deliver()
    assert await house.outcomes() == [("mail", "done"), ("mail", "done")]
    assert [call["request"]["subject"] for call in await house.calls("mail")] == ["Votre commande CO-1"] * 2


@pytest.mark.parametrize(
    ("later", "link"),
    [
        ({"shown": Shown.HIDDEN}, None),
        ({}, None),
        ({"history_token": "new"}, "/h/new"),
        ({"history_token": "old"}, "/h/old"),
    ],
)
async def test_a_mail_that_waits_has_the_link_that_opens_when_it_leaves(
    house: Driver, later: dict[str, Any], link: str | None
) -> None:
    await house.fault("mail", "429")
    await house.hear(order(1, 1, entry(1, mail=True), history_token="old"))
    await house.deliver()
    await house.hear(order(1, 2, **later))
    house.clock.forward(hours=1)
    await house.deliver()
    refused, sent = await house.calls("mail")
    assert "https://cave.example.com/h/old" in refused["request"]["text"]
    found = re.search("https://cave.example.com(/h/[a-z]+)", sent["request"]["text"])
    assert (found and found[1]) == link


async def test_a_resend_is_one_more_mail(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    await house.hear(order(1, 2, entry(1, mail=True, resend=1)))
    await house.deliver()
    assert len(await house.calls("mail")) == 2


@pytest.mark.row("S3-20")
async def test_mails_tell_of_closing_periods_in_the_orders_language(house: Driver) -> None:
    day = NOON.date()
    periods = [
        Closing(starts=str(day + timedelta(days=first)), ends=str(day + timedelta(days=last)), texts=texts)
        for first, last, texts in (
            (-3, 0, {"fr": "Salon des vins", "en": "Wine fair"}),
            (20, 25, {"fr": "Congés"}),
            (-9, -1, {"fr": "Passé"}),
            (31, 40, {"fr": "Lointain"}),
        )
    ]
    await house.hear(shop(version=2, closings=tuple(periods)), order(1, 1, entry(1, mail=True)))
    await house.deliver()
    [call] = await house.calls("mail")
    mail = str(call["request"])
    assert "Salon des vins" in mail
    assert "Congés" in mail
    assert not [text for text in ("Wine fair", "Passé", "Lointain") if text in mail]


@pytest.mark.row("S4-14")
async def test_sms_off_is_no_obligation_and_no_error(house: Driver) -> None:
    await house.hear(shop(version=2, sms=False), order(1, 1, entry(1, sms=True)))
    assert (await house.answer()).items == ()
    assert (await house.answer()).heard == 1


@pytest.mark.row("S4-08")
@pytest.mark.parametrize("channel", [Channel.AMAZON, Channel.EBAY])
async def test_every_parcel_of_a_marketplace_order_is_confirmed(house: Driver, channel: Channel) -> None:
    await house.hear(marketplace_order(channel, 1, parcel(1), parcel(2, (1, 2), (2, 1))))
    answer = await house.answer()
    assert [(item.channel, item.subject, item.role) for item in answer.items] == [
        (str(channel), "parcel/1", "marketplace"),
        (str(channel), "parcel/2", "marketplace"),
    ]


@pytest.mark.row("S4-09")
async def test_parcels_of_other_orders_and_of_tests_are_nobodys_business(house: Driver) -> None:
    await house.hear(order(1, 1, parcels=(parcel(1),)))
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=2, test=True))
    assert (await house.answer(1)).items == (await house.answer(2)).items == ()


async def test_a_corrected_parcel_makes_the_unsent_confirmation_obsolete(house: Driver) -> None:
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await house.hear(marketplace_order(Channel.AMAZON, 2, parcel(1, revision=2, tracking_number="NEW1")))
    await house.deliver()
    assert await house.outcomes() == [("amazon", "obsolete"), ("amazon", "done")]
    [call] = await house.calls("amazon")
    assert call["request"]["body"]["packageDetail"]["trackingNumber"] == "NEW1"


async def test_what_became_obsolete_and_is_wanted_again_is_due_again(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.hear(order(1, 2, entry(1, mail=False)))
    assert await house.outcomes() == [("mail", "obsolete")]
    assert (await house.answer()).open == 0
    await house.hear(order(1, 3, entry(1, mail=True)))
    assert await house.outcomes() == [("mail", "due")]


async def test_an_entry_that_has_left_the_message_keeps_its_mail(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)), order(1, 2))
    await house.deliver()
    assert await house.outcomes() == [("mail", "done")]


async def test_an_unsent_mail_goes_to_the_corrected_address(house: Driver) -> None:
    asks = entry(1, mail=True)
    await house.hear(order(1, 1, asks))
    await house.hear(order(1, 2, asks, customer=Customer(name="Camille", email="new@example.com")))
    await house.deliver()
    assert [call["request"]["to"] for call in await house.calls("mail")] == [["new@example.com"]]


async def test_an_erased_order_sends_nothing_more_and_keeps_no_person(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    await house.hear(order(1, 2, entry(2, version=2, sms=True)))
    await house.hear(order(1, 3, entry(2, version=2, sms=True), erased=True))
    assert await house.outcomes() == [("mail", "done"), ("sms", "obsolete")]
    kept = await house.rows(select(obligations.c.payload, obligations.c.reference, obligations.c.reason))
    assert all(value is None for row in kept for value in row)
    assert [tuple(row) for row in await house.rows(select(attempts.c.reference, attempts.c.reason))] == [(None, None)]


async def test_an_account_is_heard_before_and_after_the_order(house: Driver) -> None:
    await house.hear(account(1, 3))
    assert ((await house.answer()).heard, (await house.answer()).heard_account) == (0, 3)
    await house.hear(order(1, 1, entry(1, mail=True)))
    assert ((await house.answer()).heard, (await house.answer()).heard_account) == (1, 3)
    await house.hear(account(1, 4), account(1, 2))
    answer = await house.answer()
    assert (answer.heard, answer.heard_account, len(answer.items)) == (1, 4, 1)


async def test_an_equal_version_is_answered_again_and_does_nothing(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    before = await house.answer()
    await house.hear(order(1, 1, entry(1, mail=True)), account(1, 1), account(1, 1))
    after = await house.answer()
    assert (after.items, after.heard) == (before.items, 1)
    assert (await house.rows(select(func.count()).select_from(obligations)))[0][0] == 1


async def test_an_order_of_an_unknown_shop_waits_until_the_shop_is_heard(house: Driver) -> None:
    stranger = order(1, 1, entry(1, mail=True), shop="other")
    await house.hear(stranger)
    answer = await house.answer()
    assert (answer.heard, answer.blocked) == (0, "ShopUnknown: other")
    await house.hear(shop("other"), stranger)
    answer = await house.answer()
    assert (answer.heard, answer.blocked, answer.open) == (1, None, 1)
    assert await house.rows(select(parked.c.key)) == []


async def test_a_batch_costs_a_fixed_number_of_statements(house: Driver) -> None:
    async def count(numbers: range) -> int:
        hearing = house.service.hears[Order.name]
        orders = [order(number, 1, entry(1, mail=True)) for number in numbers]
        with statements(house.service.db) as seen:
            await asyncio.gather(*(hearing.submit(one.encode()) for one in orders))
        return len(seen)

    few = await count(range(1, 3))
    assert await count(range(10, 60)) <= few + 2
