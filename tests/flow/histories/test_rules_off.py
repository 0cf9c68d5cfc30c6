"""Each rule of the architecture that only shows between services is switched off once, and a history ends wrong.

The rules inside the shared core (versions, outbox, locks) are broken in `tests/shared/test_rules_*.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import false

from services.orders.domain.types import TYPES, Invoicing, StatusType
from shared.web.routes import SERVICES
from tests.eventually import eventually
from tests.flow.histories.oracles import check
from tests.flow.histories.world import World

CHANCE = random.Random(1)
MINUTE = timedelta(seconds=61)


async def _move(world: World, code: str, status: str, **command: Any) -> None:
    response = await world.post(f"/api/v1/orders/{code}/status", {"status": status, **command})
    assert response.status_code == 200, response.text


async def _arrive(world: World) -> None:
    """Everything that follows from what was committed."""
    while True:
        await world.speak()
        if not await world.network.deliver(CHANCE):
            return


async def _lose(world: World) -> None:
    """What was committed is lost on its way, after the broker confirmed it: no outbox has it any more."""
    await world.speak()
    world.network.lose(CHANCE, 1.0)
    for service in SERVICES:
        await eventually(partial(_is_confirmed, world, service))


async def _is_confirmed(world: World, service: str) -> bool:
    return not await world.rows(service, "SELECT key FROM outbox")


async def entry_in_a_lost_message(world: World) -> None:
    """The order was confirmed before anybody heard that it was received."""
    sku = await world.product(5)
    code = await world.place((sku, 1), actions={"mail": True})
    await _lose(world)
    await _move(world, code, "confirmed", actions={"mail": True})
    await world.heal([code])
    await check(world, [code], [sku])


async def status_that_was_passed_through(world: World) -> None:
    """Nobody ever hears that the order is shipped, only that it was delivered."""
    sku = await world.product(5)
    code = await world.place((sku, 2))
    await _move(world, code, "shipped")
    await _lose(world)
    await _move(world, code, "delivered")
    await world.heal([code])
    await check(world, [code], [sku])


async def effect_asked_for_again(world: World) -> None:
    """Orders does not hear that the mail was sent, and asks again with the next change."""
    sku = await world.product(5)
    code = await world.place((sku, 1), actions={"mail": True})
    await world.speak()
    await world.network.deliver(CHANCE)
    await world.work()
    await _lose(world)
    await _move(world, code, "confirmed", actions={"mail": True})
    await world.heal([code])
    await check(world, [code], [sku])


async def cause_that_acted_already(world: World) -> None:
    """Cancelled for lack of stock, revived by a person: the same lack does not cancel it again."""
    sku = await world.product(0)
    code = await world.place((sku, 1), on_short="cancel")
    await _arrive(world)
    await _move(world, code, "received", decision={"stock": "all"})
    await world.heal([code])
    order = (await world.request("GET", f"/api/v1/orders/{code}")).json()
    assert order["status"]["type"] == "received"
    assert order["facts"]["stock"] == "short"


async def message_that_was_lost(world: World) -> None:
    """And no change follows that would say the order again."""
    sku = await world.product(1)
    code = await world.place((sku, 1))
    await _lose(world)
    await world.heal([code])


async def answer_that_nobody_asked_for(world: World) -> None:
    """Goods came for a settled order that waited, and the answer that says so was lost."""
    sku = await world.product(0)
    code = await world.place((sku, 1))
    await world.heal([code])
    await world.move_stock(sku, 1)
    await world.work()
    await _lose(world)
    for _ in range(4):
        world.now += MINUTE
        await world.work()
        await _arrive(world)
    assert (await world.request("GET", f"/api/v1/orders/{code}")).json()["facts"]["stock"] == "reserved"


async def _nothing(*_: object) -> int:
    return 0


def _entries_not_kept(patch: pytest.MonkeyPatch) -> None:
    records = import_module("services.orders.queries.records")
    patch.setattr(records, "_unheard", records._unheard.where(false()))


def _effects_by_event(patch: pytest.MonkeyPatch) -> None:
    """Only the status during which goods leave has its invoice."""
    silent = replace(TYPES[StatusType.DELIVERED], invoicing=Invoicing.NOTHING_NEW)
    patch.setitem(TYPES, StatusType.DELIVERED, silent)


def _key_with_version(patch: pytest.MonkeyPatch) -> None:
    """Each version of an order has obligations of its own."""
    converging = import_module("services.notifications.commands.converge")
    compare, new_row = converging.compare, converging._new_row
    patch.setattr(converging, "compare", lambda order, wants, _written: compare(order, wants, ()))
    patch.setattr(
        converging, "_new_row", lambda tx, order, want: new_row(tx, order, want) | {"revision": order.version}
    )


def _causes_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def unused(*_: object) -> set[tuple[str, str, str]]:
        return set()

    patch.setattr("services.orders.commands.automatic._used", unused)


def _no_sweep(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("services.orders.jobs.drained", lambda *_, **__: False)


def _no_digest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("services.orders.handlers.resend_lacking", _nothing)


@dataclass(frozen=True, slots=True)
class Rule:
    """A history that needs the rule, and how to do without it."""

    history: Callable[[World], Coroutine[Any, Any, None]]
    switch_off: Callable[[pytest.MonkeyPatch], None]


RULES = {
    "3: entries travel until every service has heard them": Rule(entry_in_a_lost_message, _entries_not_kept),
    "4: effects are levels": Rule(status_that_was_passed_through, _effects_by_event),
    "4: an obligation has a unique key": Rule(effect_asked_for_again, _key_with_version),
    "5: a rule acts once for a cause": Rule(cause_that_acted_already, _causes_forgotten),
    "6: sweeps heal losses": Rule(message_that_was_lost, _no_sweep),
    "6: digests heal answers that nobody asked for": Rule(answer_that_nobody_asked_for, _no_digest),
}


@pytest.mark.parametrize("name", RULES)
def test_with_the_rule_the_history_ends_right(world: World, name: str) -> None:
    world.run(RULES[name].history(world))


@pytest.mark.parametrize("name", RULES)
def test_without_the_rule_it_ends_wrong(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    RULES[name].switch_off(monkeypatch)
    with pytest.raises(AssertionError):
        world.run(RULES[name].history(world))
