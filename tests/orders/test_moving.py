"""Changes of status: transitions, decisions, shipments, actions, conditions; and what the services are told of them."""

import itertools
from typing import Any

from services.orders.commands.inputs import StatusInput, StatusTexts
from services.orders.commands.statuses import create_status
from services.orders.domain.transitions import Verdict, verdict
from services.orders.domain.types import TYPES, StatusType
from shared.contracts import Invoicing, Marketplace
from tests.orders.driver import Driver, Json, line
from tests.statements import statements

ALL = {"decision": {"stock": "all"}}


def parts(document: Json) -> list[tuple[int, int, int]]:
    """Hold, shipped, restocked per line."""
    return [(found["hold"], found["shipped"], found["restocked"]) for found in document["lines"]]


async def test_change_is_one_version_one_entry_one_message(orders: Driver) -> None:
    made = await orders.place()
    await orders.forget_said()
    moved = await orders.move(made["code"], "processing", comment="Nous emballons.")
    assert (moved["version"], moved["status"]["type"]) == (2, "processing")
    told = await orders.message(made["id"])
    assert told.version == 2
    assert [(entry.version, entry.status.mnemonic, entry.message) for entry in told.entries] == [
        (1, "received", ""),
        (2, "processing", "Nous emballons."),
    ]
    assert not told.levels.payable


async def test_entries_leave_once_every_service_has_heard_them(orders: Driver) -> None:
    made = await orders.place()
    await orders.hear(orders.reservation(made))
    await orders.hear(orders.account(made))
    second = await orders.move(made["code"], "confirmed")
    assert [entry.version for entry in (await orders.message(made["id"])).entries] == [1, 2]
    await orders.hear(orders.delivery(made))
    await orders.move(made["code"], "processing")
    assert [entry.version for entry in (await orders.message(made["id"])).entries] == [2, 3]
    await orders.settle(second | {"version": 3})
    await orders.move(made["code"], "ready")
    assert [entry.version for entry in (await orders.message(made["id"])).entries] == [4]


async def test_a_quiet_change_of_a_settled_order_costs_few_statements(orders: Driver) -> None:
    made = await orders.settle(await orders.place(line("WINE"), line("BOX", 1)))
    with statements(orders.service.db) as seen:
        await orders.move(made["code"], "processing")
    changing = [text for text in seen if not text.startswith(("BEGIN", "SELECT"))]
    assert len(changing) == 3, changing  # the order, its entry, the outbox
    assert len(seen) <= 8, seen


async def test_unknown_status_is_told_with_the_known_ones(orders: Driver) -> None:
    made = await orders.place()
    for path in ("status", "transitions"):
        answer = await orders.http.post(f"/api/v1/orders/{made['code']}/{path}", json={"status": "teleported"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "status")
        assert "processing" in answer.json()["known"]
    assert await orders.read(made["code"]) == made


async def test_refused_change_names_the_allowed_ones(orders: Driver) -> None:
    made = await orders.place()
    answer = await orders.try_move(made["code"], "returned")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("transition-refused")
    assert "shipped" in answer.json()["allowed"]
    assert "returned" not in answer.json()["allowed"]
    assert await orders.read(made["code"]) == made


async def test_missing_decision_is_asked_for(orders: Driver) -> None:
    made = await orders.place()
    await orders.move(made["code"], "shipped")
    answer = await orders.try_move(made["code"], "returned")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("decision-required")
    (question,) = answer.json()["questions"]
    assert (question["name"], question["choices"]) == ("stock", ["all", "unshipped", "lines", "scrap", "none"])
    returned = await orders.move(made["code"], "returned", **ALL)
    assert parts(returned) == [(0, 3, 3)]


async def test_part_of_what_comes_back_is_scrapped(orders: Driver) -> None:
    made = await orders.place()
    await orders.move(made["code"], "shipped")
    for scrapped, field in ((3, "decision.lines.0.scrapped"), (-1, "decision.lines.0.scrapped")):
        wrong = {"stock": "lines", "lines": [{"line": 1, "quantity": 2, "scrapped": scrapped}]}
        refused = await orders.try_move(made["code"], "returned", decision=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    decision = {"stock": "lines", "lines": [{"line": 1, "quantity": 2, "scrapped": 1}]}
    await orders.move(made["code"], "returned", decision=decision)
    (told,) = (await orders.message(made["id"])).lines
    assert (told.shipped, told.restocked, told.scrapped) == (3, 2, 1)
    refused = await orders.try_move(made["code"], "shipped", decision={"stock": "scrap"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "decision")
    again = await orders.move(made["code"], "shipped", decision={"stock": "all"})
    assert (again["lines"][0]["shipped"], again["lines"][0]["restocked"], again["lines"][0]["scrapped"]) == (5, 2, 1)


async def test_stale_version_gets_the_present_order(orders: Driver) -> None:
    made = await orders.place()
    moved = await orders.move(made["code"], "confirmed")
    path = f"/api/v1/orders/{made['code']}/status"
    answer = await orders.http.post(path, json={"status": "ready"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 409
    assert answer.json()["current"] == moved
    fresh = await orders.http.post(path, json={"status": "ready"}, headers={"If-Match": '"2"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"3"')
    odd = await orders.http.post(path, json={"status": "ready"}, headers={"If-Match": "yesterday"})
    assert odd.status_code == 422


async def test_same_key_moves_once(orders: Driver) -> None:
    made = await orders.place()
    path, headers = f"/api/v1/orders/{made['code']}/status", {"Idempotency-Key": "k"}
    first = await orders.http.post(path, json={"status": "ready"}, headers=headers)
    again = await orders.http.post(path, json={"status": "ready"}, headers=headers)
    assert first.json() == again.json()
    assert (await orders.read(made["code"]))["version"] == 2


class TestShipments:
    """Parcels, numbered for ever."""

    async def test_three_parcels_of_an_order(self, orders: Driver) -> None:
        made = await orders.place(line("WINE", 3), line("BOX", 2))
        first = {"carrier": "La Poste", "tracking_number": "A1", "lines": [{"line": 1, "quantity": 2}]}
        part = await orders.move(made["code"], "partially_shipped", shipment=first)
        assert parts(part) == [(1, 2, 0), (2, 0, 0)]
        second = {"tracking_number": "A2", "lines": [{"line": 2, "quantity": 1}]}
        await orders.move(made["code"], "partially_shipped", shipment=second)
        whole = await orders.move(made["code"], "shipped", shipment={"tracking_number": "A3"})
        assert parts(whole) == [(0, 3, 0), (0, 2, 0)]
        told = (await orders.message(made["id"])).parcels
        assert [(parcel.number, parcel.tracking_number) for parcel in told] == [(1, "A1"), (2, "A2"), (3, "A3")]
        assert [(found.line, found.quantity) for found in told[2].lines] == [(1, 1), (2, 1)]

    async def test_over_shipment_is_refused(self, orders: Driver) -> None:
        made = await orders.place()
        for shipment in ({"lines": [{"line": 1, "quantity": 4}]}, {"lines": [{"line": 9, "quantity": 1}]}):
            answer = await orders.try_move(made["code"], "partially_shipped", shipment=shipment)
            assert answer.status_code == 422
        assert await orders.read(made["code"]) == made

    async def test_a_part_is_never_shipped_altogether(self, orders: Driver) -> None:
        made = await orders.place()
        moved = await orders.move(made["code"], "shipped", shipment={"lines": [{"line": 1, "quantity": 1}]})
        assert moved["status"]["type"] == "partially_shipped"
        assert parts(moved) == [(2, 1, 0)]

    async def test_shipment_goes_with_a_status_that_ships(self, orders: Driver) -> None:
        made = await orders.place()
        for status in ("processing", "on_hold", "cancelled"):
            assert (await orders.try_move(made["code"], status, shipment={})).status_code == 422

    async def test_nothing_left_is_no_shipment(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.move(made["code"], "shipped")
        answer = await orders.try_move(made["code"], "delivered", shipment={"carrier": "x"})
        assert answer.status_code == 422

    async def test_tracking_number_can_be_corrected(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.move(made["code"], "shipped", shipment={"carrier": "La Poste", "tracking_number": "WRONG"})
        path = f"/api/v1/orders/{made['code']}/parcels"
        answer = await orders.http.put(f"{path}/1", json={"carrier": "La Poste", "tracking_number": "RIGHT"})
        assert answer.status_code == 200
        (parcel,) = (await orders.message(made["id"])).parcels
        assert (parcel.tracking_number, parcel.revision) == ("RIGHT", 2)
        assert (await orders.http.put(f"{path}/2", json={})).status_code == 404


async def test_cancel_and_uncancel(orders: Driver) -> None:
    made = await orders.place()
    cancelled = await orders.move(made["code"], "cancelled")
    assert parts(cancelled) == [(0, 0, 0)]
    told = await orders.message(made["id"])
    assert (told.levels.invoicing, told.levels.marketplace) == (Invoicing.CREDIT, Marketplace.CANCELLED)
    orders.clock.advance(hours=1)
    revived = await orders.move(made["code"], "received", **ALL)
    assert parts(revived) == [(3, 0, 0)]
    (waiting,) = (await orders.message(made["id"])).lines[0].waits
    assert waiting.since == orders.clock.now


async def test_uncancelled_marketplace_order_warns(orders: Driver) -> None:
    made = await orders.place(channel="amazon", external_id="902-1")
    await orders.move(made["code"], "cancelled")
    await orders.move(made["code"], "processing", **ALL)
    assert "warning" in [item["kind"] for item in await orders.timeline(made["code"])]


class TestActions:
    """What an entry asks for: the status's defaults, changed at the moment of use."""

    async def asked(self, orders: Driver, made: Json) -> tuple[bool, bool, bool, bool]:
        entry = (await orders.message(made["id"])).entries[-1]
        return entry.publish, entry.mail, entry.mail_admins, entry.sms

    async def test_defaults_narrowed_and_widened(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.move(made["code"], "shipped")
        assert await self.asked(orders, made) == (True, True, False, False)
        await orders.move(made["code"], "delivered", actions={"publish": False, "mail": True, "sms": True})
        assert await self.asked(orders, made) == (False, True, False, True)
        entry = (await orders.message(made["id"])).entries[-1]
        assert entry.texts.mail
        assert entry.texts.sms

    async def test_same_status_again_tells_nobody_unless_asked(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.move(made["code"], "shipped")
        await orders.move(made["code"], "shipped")
        assert await self.asked(orders, made) == (True, False, False, False)
        await orders.move(made["code"], "shipped", decision={"resend": True})
        assert await self.asked(orders, made) == (True, True, False, False)

    async def test_invoice_action_stays_on_the_order(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.move(made["code"], "processing", actions={"invoice": True})
        await orders.move(made["code"], "ready")
        assert (await orders.message(made["id"])).invoice_wanted is True
        await orders.move(made["code"], "shipped", actions={"invoice": False})
        assert (await orders.message(made["id"])).invoice_wanted is False

    async def test_history_keeps_the_text_as_it_was(self, orders: Driver) -> None:
        made = await orders.place()
        texts = {"fr": StatusTexts(name="En cave", comment="Votre vin repose.", subject="s", mail="m")}
        async with orders.service.outbox.transaction() as tx:
            await create_status(
                tx, "cave", StatusInput(mnemonic="in_cellar", type="processing", texts=texts, publish=True)
            )
        await orders.move(made["code"], "in_cellar")
        changed: dict[str, Any] = {"mnemonic": "in_cellar", "type": "processing", "texts": {"fr": {"name": "Au frais"}}}
        assert (await orders.http.put("/api/v1/statuses/in_cellar", json=changed)).status_code == 200
        assert (await orders.timeline(made["code"]))[-1]["text"] == "En cave"
        retyped = await orders.http.put("/api/v1/statuses/in_cellar", json=changed | {"type": "ready"})
        assert retyped.status_code == 409
        assert (await orders.timeline(made["code"]))[-1]["status"]["mnemonic"] == "in_cellar"


async def test_transitions_say_what_can_be_reached(orders: Driver) -> None:
    made = await orders.place()
    found = await orders.get(f"orders/{made['code']}/transitions")
    assert {status["mnemonic"] for status in found["confirm"]} == {"closed", "refunded"}
    assert {status["mnemonic"] for status in found["refused"]} == {"draft", "returned"}
    assert found["confirm"][0]["questions"][0]["name"] == "stock"


async def test_strict_shop_goes_forward_only(orders: Driver) -> None:
    await orders.open_shop("strict", "a-secret-of-the-seller", ("orders:read", "orders:write"), profile="strict")
    orders.http = orders.client("a-secret-of-the-seller")
    made = await orders.place()
    await orders.move(made["code"], "ready")
    assert (await orders.try_move(made["code"], "received")).status_code == 409
    await orders.move(made["code"], "cancelled")
    assert (await orders.try_move(made["code"], "received", **ALL)).status_code == 409


async def test_walk_over_all_pairs_of_types(orders: Driver) -> None:
    """Every allowed pair through the API, every refused one refused; quantities follow the formula."""
    ways: dict[StatusType, list[tuple[str, Json]]] = {
        StatusType.RETURNED: [("shipped", {}), ("returned", ALL)],
        StatusType.PARTIALLY_SHIPPED: [("partially_shipped", {"shipment": {"lines": [{"line": 1, "quantity": 1}]}})],
    }
    for origin, target in itertools.product(StatusType, repeat=2):
        made = await orders.place(status="draft" if origin is StatusType.DRAFT else "received")
        for status, more in ways.get(origin, [(origin.value, ALL)] if origin is not StatusType.DRAFT else []):
            await orders.move(made["code"], status, **more)
        answer = await orders.try_move(made["code"], target.value, **ALL)
        if verdict(origin, target) is Verdict.REFUSED:
            assert answer.status_code == 409, (origin, target, answer.text)
            continue
        assert answer.status_code == 200, (origin, target, answer.text)
        (found,) = answer.json()["lines"]
        out = found["shipped"] - found["restocked"]
        assert found["hold"] == (found["quantity"] - out if TYPES[target].holds else 0), (origin, target)
