"""Using a status: the order's life, one status at a time, and what each use does besides."""

import pytest

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
