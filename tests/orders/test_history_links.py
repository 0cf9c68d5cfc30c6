"""The link to the history of an order: made, revoked, never guessed; and in mails only where it opens."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import uuid4

from services.notifications.domain.wanted import wanted
from services.orders.domain.links import foretold_token, is_valid, make_token, order_of
from shared.contracts import Shop
from tests.orders.driver import Driver, shop_input
from tests.orders.test_history import PUBLIC, link, opened, publish, show


async def test_link_is_revoked_and_made_anew(orders: Driver) -> None:
    await publish(orders)
    made = await orders.place()
    await show(orders, made)
    first = await link(orders, made)
    assert (await orders.http.post(f"/api/v1/orders/{made['code']}/history-link")).status_code == 200
    second = await link(orders, made)
    assert [(await opened(orders, path)).status_code for path in (first, second)] == [404, 200]
    assert (await orders.message(made["id"])).history_token == second.removeprefix("/h/")
    assert (await orders.http.delete(f"/api/v1/orders/{made['code']}/history-link")).status_code == 204
    await orders.move(made["code"], "confirmed")
    assert (await opened(orders, second)).status_code == 404
    assert (await orders.get(f"orders/{made['code']}/history-link"))["url"] is None


async def test_a_mail_of_a_hidden_order_has_no_link(orders: Driver) -> None:
    await publish(orders)
    shop = Shop.decode((await orders.said(Shop.name))["cave"][1])
    made = await orders.place()
    await show(orders, made, "hidden")
    await orders.move(made["code"], "shipped", actions={"mail": True})
    mails = [found for found in wanted(await orders.message(made["id"]), shop) if found.channel == "mail"]
    assert [mail.payload.words.history_url for mail in mails] == [""] * len(mails)  # type: ignore[union-attr]
    assert mails


async def test_links_in_mails_are_those_that_open(orders: Driver) -> None:
    """Of orders that have had a link since their shop published histories, which it no longer does."""
    await publish(orders)
    made = await orders.place()
    path = await link(orders, made)
    silent = shop_input("cave", public_url=PUBLIC).model_dump(mode="json")
    assert (await orders.http.put("/api/v1/shop", json=silent)).status_code == 200
    shop = Shop.decode((await orders.said(Shop.name))["cave"][1])
    for shown, url, status in (("automatic", "", 404), ("shown", f"{PUBLIC}{path}", 200), ("hidden", "", 404)):
        await show(orders, made, shown) if shown != "automatic" else None
        await orders.move(made["code"], "confirmed", actions={"mail": True}, decision={"resend": True})
        *_, mail = [one for one in wanted(await orders.message(made["id"]), shop) if one.channel == "mail"]
        assert mail.payload.words.history_url == url  # type: ignore[union-attr]
        assert (await opened(orders, path)).status_code == status
        told = await orders.get(f"orders/{made['code']}/history-link")
        assert told["shown"] is (status == 200)
        foreseen = await orders.http.post(
            f"/api/v1/orders/{made['code']}/transitions/message", json={"status": "processing"}
        )
        assert bool(foreseen.json()["history_token"]) is (status == 200)


async def test_a_link_can_be_made_where_the_order_forces_it(orders: Driver) -> None:
    made = await orders.place()
    await show(orders, made)
    answer = await orders.http.post(f"/api/v1/orders/{made['code']}/history-link")
    assert (answer.status_code, answer.json()["shown"]) == (200, True)
    token = (await orders.message(made["id"])).history_token
    assert (await opened(orders, f"/h/{token}")).status_code == 200


async def test_a_preview_has_the_link_that_the_mail_then_has(orders: Driver) -> None:
    """Of an order from before histories were published, which gets its link with the change."""
    made = await orders.place()
    await publish(orders)
    url = f"/api/v1/orders/{made['code']}/transitions/message"
    foreseen = (await orders.http.post(url, json={"status": "confirmed"})).json()["history_token"]
    await orders.move(made["code"], "confirmed")
    assert foreseen == (await orders.message(made["id"])).history_token
    assert (await opened(orders, f"/h/{foreseen}")).status_code == 200


async def test_no_token_is_guessed(orders: Driver) -> None:
    await publish(orders)
    made = await orders.place()
    await show(orders, made)
    token = (await link(orders, made)).removeprefix("/h/")
    content = urlsafe_b64decode(token)
    wrong = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        urlsafe_b64encode(content[:16] + secrets.token_bytes(32)).decode(),
        make_token("another secret", made["id"]),
        made["id"],
        made["code"],
        "é",
        "%00",
        "x" * 64,
    ]
    for guess in wrong:
        assert (await opened(orders, f"/h/{guess}")).status_code == 404, guess


def test_token_is_signed_and_kept() -> None:
    id_ = str(uuid4())
    first, second = make_token("s", id_), make_token("s", id_)
    assert first != second
    assert len(first) == 64
    assert order_of(first) == id_
    assert is_valid(first, "s", first)
    assert not is_valid(first, "s", second)
    assert not is_valid(first, "t", first)
    assert not is_valid(first, "", first)
    assert not is_valid(first, "s", None)
    foretold = foretold_token("s", id_)
    assert foretold == foretold_token("s", id_) != foretold_token("t", id_)
    assert is_valid(foretold, "s", foretold)
