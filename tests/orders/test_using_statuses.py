"""Using a status: the order's life, one status at a time, and what each use does besides."""

import pytest

from shared.contracts import Order
from tests.orders.driver import Driver, Json

TEXTS = {"fr": {"name": "À rappeler"}, "en": {"name": "To call back"}}


async def made_status(orders: Driver, **more: object) -> None:
    body = {"mnemonic": "call_back", "texts": TEXTS, **more}
    answer = await orders.http.post("/api/v1/statuses", json=body)
    assert answer.status_code == 201, answer.text


async def statuses_of(orders: Driver, made: Json) -> list[Json]:
    """The entries of its history that are statuses, oldest first."""
    return [item for item in await orders.timeline(made["code"]) if item["kind"] == "status"]


@pytest.mark.row("S0-06", "S0-07")
async def test_life_cycle_has_one_status_at_any_instant(orders: Driver) -> None:
    """Created, in progress, finalised, closed: and the current status is the last history entry's."""
    made = await orders.place()
    for status in ("received", "processing", "completed", "closed"):
        document = made if status == "received" else await orders.move(made["code"], status)
        newest = (await statuses_of(orders, made))[-1]
        assert document["status"]["mnemonic"] == newest["status"]["mnemonic"] == status
        listed = await orders.get("orders", status=status)
        assert [found["code"] for found in listed["items"]] == [made["code"]]
    for other in ("received", "processing", "completed"):
        assert (await orders.get("orders", status=other))["total"] == 0


@pytest.mark.row("S1-25", "S4-25")
async def test_each_new_state_is_appended_at_the_bottom(orders: Driver) -> None:
    made = await orders.place()
    path = ["received", "on_hold", "processing", "on_hold", "ready"]
    for status in path[1:]:
        before = await statuses_of(orders, made)
        await orders.move(made["code"], status)
        found = await statuses_of(orders, made)
        assert found[:-1] == before, "entries accumulate, and none changes"
    assert [item["status"]["mnemonic"] for item in found] == path
    assert [item["at"] for item in found] == sorted(item["at"] for item in found)


@pytest.mark.row("S4-16")
async def test_indicator_of_the_status_is_put_on_the_order(orders: Driver) -> None:
    await made_status(orders, indicator="phone")
    made = await orders.place()
    assert made["indicator"] is None
    moved = await orders.move(made["code"], "call_back")
    assert moved["indicator"] == "phone"
    assert "phone" not in (await orders.message(made["id"])).encode().decode().replace('"phone":', ""), "it is internal"
    assert (await orders.move(made["code"], "ready"))["indicator"] == "phone", "until another takes its place"


@pytest.mark.row("S1-24", "S4-17", "S4-18")
async def test_actions_are_the_statuss_unless_changed_at_the_moment_of_use(orders: Driver) -> None:
    await made_status(orders, publish=True, mail=True, sms=True, invoice=True)
    made = await orders.place()
    await orders.move(made["code"], "call_back")
    told = await orders.message(made["id"])
    newest = told.entries[-1]
    assert (newest.publish, newest.mail, newest.mail_admins, newest.sms) == (True, True, False, True)
    assert told.invoice_wanted is True
    assert newest.texts.name == "À rappeler"

    other = await orders.place()
    chosen = {"publish": False, "mail": False, "sms": False, "mail_admins": True, "invoice": False}
    await orders.move(other["code"], "call_back", actions=chosen)
    told = await orders.message(other["id"])
    newest = told.entries[-1]
    assert (newest.publish, newest.mail, newest.mail_admins, newest.sms) == (False, False, True, False)
    assert told.invoice_wanted is False


async def test_texts_are_edited_for_one_order(orders: Driver) -> None:
    """They go out instead of the status's, the history tells who wrote them, and the next order has the status's."""
    made, other = await orders.place(), await orders.place()
    texts = {"subject": "{{ order.code }} part demain", "mail": "Chère {{ customer.name }}, à demain !"}
    await orders.move(made["code"], "shipped", actions={"mail": True}, texts=texts)
    (entry,) = [item for item in (await orders.message(made["id"])).entries if item.status.mnemonic == "shipped"]
    assert (entry.texts.subject, entry.texts.mail) == (texts["subject"], texts["mail"])
    (shown,) = [item for item in await statuses_of(orders, made) if item["status"]["mnemonic"] == "shipped"]
    assert (shown["edited"], shown["actor"]) == (["mail", "subject"], "key of cave")
    (logged,) = [item for item in (await orders.get(f"orders/{made['code']}/log"))["items"] if item["changes"]]
    assert (logged["who"], logged["changes"]["texts.mail"][1]) == ("key of cave", texts["mail"])
    await orders.move(other["code"], "shipped", actions={"mail": True})
    (plain,) = [item for item in (await orders.message(other["id"])).entries if item.status.mnemonic == "shipped"]
    assert plain.texts.mail == logged["changes"]["texts.mail"][0] != texts["mail"]


async def test_edited_text_is_checked_and_never_lost(orders: Driver) -> None:
    made = await orders.place()
    for texts, actions, field in (
        ({"mail": "{{ order.cod }}"}, {"mail": True}, "texts.mail"),
        ({"sms": "{% for i in (1..1000000000) %}x{% endfor %}"}, {"sms": True}, "texts.sms"),
        ({"mail": "Bonjour"}, {"mail": False}, "texts.mail"),
        ({"sms": "Bonjour"}, {"sms": False}, "texts.sms"),
    ):
        answer = await orders.try_move(made["code"], "shipped", texts=texts, actions=actions)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await orders.read(made["code"]))["status"]["mnemonic"] == "received"


async def test_message_of_a_change_is_foretold(orders: Driver) -> None:
    """What the services would hear is what they hear then, but for the entry's id and the trace."""
    made = await orders.place()
    body: Json = {"status": "shipped", "actions": {"mail": True}, "texts": {"subject": "Demain"}}
    answer = await orders.http.post(f"/api/v1/orders/{made['code']}/transitions/message", json=body)
    assert answer.status_code == 200, answer.text
    foretold = Order.model_validate_json(answer.content)
    path = f"/api/v1/orders/{made['code']}/transitions/message?language=en"
    other = Order.model_validate_json((await orders.http.post(path, json=body)).content)
    assert (other.language, other.entries[-1].texts.name) == ("en", "Shipped")
    assert (await orders.read(made["code"]))["status"]["mnemonic"] == "received"
    await orders.move(made["code"], **body)
    told = await orders.message(made["id"])
    ids = {entry.id: entry for entry in told.entries}
    assert [entry.texts for entry in foretold.entries] == [entry.texts for entry in ids.values()]
    parts = {"entries", "sent_at"}
    assert foretold.model_dump(exclude=parts) == told.model_dump(exclude=parts)
