"""What a client sees of an order: by a link alone, published entries only, as far as payment or the seller let it."""

from typing import Any

import httpx
import pytest

from services.notifications.channels.texts import render
from services.notifications.domain.wanted import wanted
from services.orders.domain.publication import is_shown
from shared.contracts import Shop
from tests.answers import CheckedTransport
from tests.orders.driver import Driver, Json, order, shop_input

PUBLIC = "https://cave.example"
TEXTS = {"fr": {"name": "En cave", "comment": "Bonjour {{ customer.name }}"}, "en": {"name": "In the cellar"}}


async def publish(orders: Driver, **more: Any) -> None:
    """Publish histories in the tests' shop."""
    body = shop_input("cave", public_url=PUBLIC, publish_histories=True, **more).model_dump(mode="json")
    answer = await orders.http.put("/api/v1/shop", json=body)
    assert answer.status_code == 200, answer.text


async def link(orders: Driver, made: Json) -> str:
    """The path of the order's link."""
    url: str = (await orders.get(f"orders/{made['code']}/history-link"))["url"]
    assert url.startswith(f"{PUBLIC}/h/")
    return url.removeprefix(PUBLIC)


async def show(orders: Driver, made: Json, shown: str = "shown") -> None:
    answer = await orders.http.put(f"/api/v1/orders/{made['code']}/publication", json={"shown": shown})
    assert (answer.status_code, answer.json()["publication"]) == (200, shown)


async def opened(orders: Driver, path: str) -> httpx.Response:
    """What anybody gets, without a key."""
    transport = CheckedTransport(orders.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders") as anybody:
        return await anybody.get(path)


@pytest.mark.row("S4-24")
async def test_link_opens_the_history_without_a_login(orders: Driver) -> None:
    """As the confirmation has it, of an order that nobody has paid yet."""
    await publish(orders)
    made = await orders.place()
    answer = await opened(orders, await link(orders, made))
    assert answer.status_code == 200
    assert (answer.json()["code"], answer.json()["status"]) == (made["code"], "Commande reçue")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.row("S4-02", "S4-03", "S4-22")
async def test_only_published_entries_are_seen(orders: Driver) -> None:
    """The seller organises with quiet statuses; each entry has its own flag."""
    await publish(orders)
    await orders.http.post("/api/v1/statuses", json={"mnemonic": "to_prepare", "texts": TEXTS, "type": "processing"})
    made = await orders.place()
    await show(orders, made)
    await orders.move(made["code"], "to_prepare", comment="Le carton est abîmé.")
    await orders.move(made["code"], "on_hold")
    await orders.move(made["code"], "shipped", actions={"publish": False, "mail": True})
    await orders.move(made["code"], "delivered")
    listed = await orders.get("orders", status="delivered")
    assert [found["code"] for found in listed["items"]] == [made["code"]]
    answer = await opened(orders, await link(orders, made))
    assert [entry["name"] for entry in answer.json()["entries"]] == ["Commande reçue", "Livrée"]
    for internal in ("to_prepare", "abîmé", "En suspens", "processing", "key of cave"):
        assert internal not in answer.text
    statuses = [item["status"]["mnemonic"] for item in await orders.timeline(made["code"]) if item["kind"] == "status"]
    assert statuses == ["received", "to_prepare", "on_hold", "shipped", "delivered"]


@pytest.mark.row("S4-26")
async def test_history_and_texts_are_in_the_orders_language(orders: Driver) -> None:
    await publish(orders)
    status = {"mnemonic": "in_cellar", "texts": TEXTS, "publish": True}
    assert (await orders.http.post("/api/v1/statuses", json=status)).status_code == 201
    for language, names in (("fr", ["Commande reçue", "En cave"]), ("en", ["Order received", "In the cellar"])):
        made = await orders.place(language=language)
        await show(orders, made)
        await orders.move(made["code"], "in_cellar", comment="Merci !")
        answer = await opened(orders, await link(orders, made))
        assert answer.headers["content-language"] == answer.json()["language"] == language
        assert [entry["name"] for entry in answer.json()["entries"]] == names
        comment = "Bonjour Camille" if language == "fr" else ""
        assert (answer.json()["entries"][-1]["comment"], answer.json()["entries"][-1]["message"]) == (
            comment,
            "Merci !",
        )


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_comment_says_on_the_page_what_it_says_as_a_mail(orders: Driver, language: str) -> None:
    """Whatever a text may speak of when it is saved is there: without a mail of its own, the comment is the mail."""
    holidays = {"fr": "Congés", "en": "Holidays"}
    closing = {"starts": "2026-06-20", "ends": "2026-06-30", "texts": holidays}
    await publish(orders, closings=[closing])
    comment = (
        "{{ order.date }} : {{ order.total }} ({{ order.net }}), {{ status.name }}, {{ order.history_url }}\n"
        "{% for line in lines %}{{ line.quantity }} × {{ line.name }} {{ line.sku }} {{ line.total }}\n{% endfor %}"
        "{{ parcel.carrier }} {{ parcel.tracking_number }} {{ parcel.tracking_url }}\n"
        "{% for one in closings %}{{ one.starts }} – {{ one.ends }} {{ one.text }}{% endfor %}"
    )
    texts = {"fr": {"name": "Partie", "comment": comment}, "en": {"name": "Gone", "comment": comment}}
    status = {"mnemonic": "gone", "type": "shipped", "texts": texts, "publish": True, "mail": True}
    assert (await orders.http.post("/api/v1/statuses", json=status)).status_code == 201
    made = await orders.place(language=language)
    await show(orders, made)
    await orders.move(made["code"], "gone", shipment={"carrier": "Colissimo", "tracking_number": "6A00000000000"})
    shop = Shop.decode((await orders.said(Shop.name))["cave"][1])
    *_, mail = [found for found in wanted(await orders.message(made["id"]), shop) if found.channel == "mail"]
    said = (await opened(orders, await link(orders, made))).json()["entries"][-1]["comment"]
    assert said == render(mail.payload.body, mail.payload.words)  # type: ignore[union-attr]
    for words in ("3 × Wine WINE", "37", "Colissimo 6A00000000000", PUBLIC, holidays[language]):
        assert words in said


async def test_a_comment_knows_no_parcel_that_left_after_it(orders: Driver) -> None:
    await publish(orders)
    texts = {"fr": {"name": "En cave", "comment": "{{ lines.size }} article, {{ parcel.tracking_number }}."}}
    await orders.http.post("/api/v1/statuses", json={"mnemonic": "in_cellar", "texts": texts, "publish": True})
    made = await orders.place()
    await show(orders, made)
    await orders.move(made["code"], "in_cellar")
    orders.clock.advance(hours=1)
    await orders.move(made["code"], "shipped", shipment={"carrier": "Colissimo", "tracking_number": "6A00000000000"})
    answer = await opened(orders, await link(orders, made))
    assert [entry["comment"] for entry in answer.json()["entries"]][1] == "1 article, ."


@pytest.mark.row("S4-19")
async def test_only_paid_orders_and_those_being_paid_are_listed_by_default(orders: Driver) -> None:
    await publish(orders)
    made = await orders.place()
    path = await link(orders, made)
    states = ("unpaid", False), ("pending", True), ("failed", False), ("paid", True), ("refunded", True)
    for payment, listed in states:
        await orders.hear(orders.account(made, payment))
        told = await orders.get(f"orders/{made['code']}/history-link")
        assert (told["shown"], told["listed"]) == (True, listed), payment
        assert is_shown("automatic", payment) is listed
        assert (await opened(orders, path)).status_code == 200, "the link was mailed"


@pytest.mark.row("S4-20")
async def test_visibility_is_forced_either_way(orders: Driver) -> None:
    await publish(orders)
    made = await orders.place()
    path = await link(orders, made)
    await show(orders, made, "shown")
    assert (await orders.get(f"orders/{made['code']}/history-link"))["listed"]
    assert (await opened(orders, path)).status_code == 200
    assert (await orders.message(made["id"])).shown == "shown"
    await orders.hear(orders.account(made, "paid"))
    await show(orders, made, "hidden")
    told = await orders.get(f"orders/{made['code']}/history-link")
    assert (told["shown"], told["listed"]) == (False, False)
    refused = await opened(orders, path)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (404, "history-not-shown")


async def test_deleted_order_and_silent_shop_show_nothing(orders: Driver) -> None:
    made = await orders.place()
    assert (await orders.get(f"orders/{made['code']}/history-link"))["url"] is None
    refused = await orders.http.post(f"/api/v1/orders/{made['code']}/history-link")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "histories-off")
    await publish(orders)
    await orders.move(made["code"], "confirmed")
    await show(orders, made)
    path = await link(orders, made)
    assert (await opened(orders, path)).status_code == 200, "an order from before has its link with the next status"
    await show(orders, made, "automatic")
    body = shop_input("cave", public_url=PUBLIC).model_dump(mode="json")
    assert (await orders.http.put("/api/v1/shop", json=body)).status_code == 200
    assert (await opened(orders, path)).status_code == 404
    await publish(orders)
    await orders.http.delete(f"/api/v1/orders/{made['code']}", params={"stock": "all"})
    assert (await opened(orders, path)).status_code == 404


@pytest.mark.row("S4-23")
async def test_histories_are_not_published_without_the_link_in_the_confirmation(orders: Driver) -> None:
    async def refused(path: str, body: Json) -> str:
        answer = await orders.http.put(path, json=body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "history-link-missing")
        return str(answer.json()["errors"][0]["field"])

    without_address = shop_input("cave", publish_histories=True).model_dump(mode="json")
    assert await refused("/api/v1/shop", without_address) == "public_url"
    received = await orders.get("statuses/received")
    silent = {**received, "texts": {**received["texts"], "en": {**received["texts"]["en"], "mail": "Thank you."}}}
    assert (await orders.http.put("/api/v1/statuses/received", json=silent)).status_code == 200, "nothing is published"
    wanted_shop = without_address | {"public_url": PUBLIC}
    assert await refused("/api/v1/shop", wanted_shop) == "texts.en.mail"
    assert not (await orders.get("shop"))["publish_histories"]
    assert (await orders.http.put("/api/v1/statuses/received", json=received)).status_code == 200
    await publish(orders)
    assert await refused("/api/v1/statuses/received", silent) == "texts.en.mail"
    assert await refused("/api/v1/statuses/received", {**received, "mail": False}) == "mail"


async def test_the_confirmation_holds_the_link(orders: Driver) -> None:
    """The message as notifications reads it: the mail of a new order ends with the address of its history."""
    await publish(orders)
    shop = Shop.decode((await orders.said(Shop.name))["cave"][1])
    for language, words in (("fr", "Suivez votre commande"), ("en", "Follow your order")):
        made = await orders.place(language=language)
        (mail,) = [found for found in wanted(await orders.message(made["id"]), shop) if found.channel == "mail"]
        text = render(mail.payload.body, mail.payload.words)  # type: ignore[union-attr]
        assert f"{words}" in text
        path = await link(orders, made)
        assert f"{PUBLIC}{path}" in text
        assert (await opened(orders, path)).status_code == 200
    quiet = await orders.http.post("/api/v1/orders", json=order(imported=True))
    assert quiet.status_code == 201
