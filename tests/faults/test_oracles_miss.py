"""Every oracle is seen to fail: in real runs with a safeguard switched off, and on evidence doctored by hand.

A run is a small plan made for what is switched off, on an installation of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.auditor import ORACLES, Auditor, ask
from tests.faults.house import House
from tests.faults.oracles import Evidence
from tests.faults.plan import Channel, Fault, OrderPlan, Plan, Step
from tests.servers.vhosts import VirtualHosts

Build = Callable[[Mapping[str, str], str], AbstractAsyncContextManager[House]]

REST_SECONDS = 20.0
"""Enough for everything that is not switched off, on a busy machine, too."""

PLACED = Step("place", 0, mail=True)
SHIPPED = Step("move", 1, "shipped", "rest", mail=True, sms=True)
PAID = Step("pay", 1)
DELIVERED = Step("move", 1, "delivered")


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What is switched off where, the faults that it would have been good for, and the oracles that must miss it."""

    switched_off: Mapping[str, str]
    faults: tuple[tuple[Fault, ...], ...]
    missed: frozenset[str]
    channels: tuple[Channel, ...] = ("amazon", "ebay")
    steps: tuple[Step, ...] = (PLACED, SHIPPED, PAID, DELIVERED)


SABOTAGES = {
    "outbox": Sabotage(
        {"orders": "outbox,healing"},
        ((), (Fault("down", "orders/broker", seconds=4.0),)),
        frozenset({"rest", "stock", "invoices", "mails", "sms", "amazon", "ebay"}),
        steps=(PLACED, SHIPPED),  # billing would never hear of what is to be paid
    ),
    "version guard": Sabotage(
        {"orders": "healing", "inventory": "guard", "billing": "guard"},
        ((), (), (Fault("repeat", "inventory/orders.order.v1"), Fault("repeat", "billing/orders.order.v1"))),
        frozenset({"rest", "stock"}),
    ),
    "idempotency key": Sabotage(
        {"orders": "idempotency", "inventory": "idempotency", "billing": "idempotency"},
        (
            (Fault("lost reply", "orders/http"), Fault("lost reply", "inventory/http")),
            (Fault("lost reply", "billing/http"),),
        ),
        frozenset({"acknowledged", "receipts", "money"}),
        channels=("web",),
    ),
    "obligation and invoice key, parking": Sabotage(
        {"notifications": "obligations,parking", "billing": "invoices"},
        ((), (Fault("poison", "notifications"),)),
        frozenset({"mails", "sms", "invoices", "parked"}),
        steps=(replace(PLACED, sms=True), SHIPPED, PAID, DELIVERED),  # whatever is heard as one, this is heard before
    ),
}


def small_plan(sabotage: Sabotage) -> Plan:
    """An order of each channel."""
    orders = (
        OrderPlan(number, channel, ((0, 2),), "wait", sabotage.steps)
        for number, channel in enumerate(sabotage.channels)
    )
    return Plan(0, (10,), ((0, 0, 3),), tuple(orders), sabotage.faults)


@pytest.fixture
def build(postgres: Postgres, rabbitmq: RabbitMQ, rabbitmq_vhosts: VirtualHosts, tmp_path: Path) -> Build:
    """An installation of its own, with what is switched off in it."""

    @asynccontextmanager
    async def make(switched_off: Mapping[str, str], prefix: str) -> AsyncIterator[House]:
        with rabbitmq_vhosts.fresh() as amqp_url:
            house = House(postgres, rabbitmq, amqp_url, tmp_path, prefix)
            try:
                await house.start()
                await house.switch_off(switched_off)
                yield house
            finally:
                await house.stop()

    return make


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SABOTAGES)
async def test_what_is_switched_off_is_missed(name: str, build: Build) -> None:
    sabotage = SABOTAGES[name]
    prefix = name.replace(" ", "_").replace(",", "") + "_"
    async with build(sabotage.switched_off, prefix) as house:
        verdict = await Auditor(house).run(small_plan(sabotage), seconds=REST_SECONDS)
    assert sabotage.missed <= verdict.breaches.keys(), verdict


DOCTORED: dict[str, Callable[[Evidence], object]] = {
    "acknowledged": lambda evidence: evidence.seen.orders[0].update(code="another"),
    "versions": lambda evidence: evidence.seen.orders[0].update(version=99),
    "receipts": lambda evidence: evidence.seen.movements.pop(0),
    "stock": lambda evidence: evidence.seen.products[0].update(demand=99),
    "catalogue": lambda evidence: evidence.seen.catalogue[0].update(sold_out=True),
    "invoices": lambda evidence: evidence.seen.tables["documents"].append(evidence.seen.tables["documents"][0]),
    "money": lambda evidence: evidence.seen.tables["payments"].pop(),
    "numbers": lambda evidence: evidence.seen.numbers[-1].update(n=99),
    "parked": lambda evidence: evidence.poisoned.add(("billing", "not there")),
    "mails": lambda evidence: evidence.seen.tables["entries"].clear(),
    "sms": lambda evidence: evidence.seen.tables["obligations"].clear(),
    "amazon": lambda evidence: evidence.seen.tables["parcels"].clear(),
    "ebay": lambda evidence: evidence.seen.tables["parcels"].clear(),
}
"""By oracle, a small untruth that it must find."""


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_small_untruth_is_found(auditor: Auditor) -> None:
    quiet = Sabotage({}, ((), ()), frozenset())
    verdict = await auditor.run(small_plan(quiet))
    assert not verdict.breaches, verdict
    assert DOCTORED.keys() == {oracle.__name__ for oracle in ORACLES}
    for name, doctor in DOCTORED.items():
        evidence = deepcopy(verdict.evidence)
        assert evidence is not None
        doctor(evidence)
        assert name in ask(evidence), f"{name} believes what is not so"
