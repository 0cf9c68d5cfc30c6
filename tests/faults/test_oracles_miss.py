"""Every oracle is seen to fail: in real runs with a safeguard switched off, and on evidence doctored by hand.

A run is a small plan made for what is switched off, on an installation of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.auditor import Auditor, Verdict
from tests.faults.house import House
from tests.faults.plan import Fault, OrderPlan, Plan, Step
from tests.servers.vhosts import VirtualHosts

Build = Callable[[Mapping[str, str], str], AbstractAsyncContextManager[House]]

REST_SECONDS = 12.0
"""Enough for everything that is not switched off."""

PLACED = Step("place", 0, mail=True)
SHIPPED = Step("move", 1, "shipped", "rest", mail=True, sms=True)
PAID = Step("pay", 1)


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What is switched off where, the faults that it would have been good for, and the oracles that must miss it."""

    switched_off: Mapping[str, str]
    faults: tuple[tuple[Fault, ...], ...]
    missed: frozenset[str]


SABOTAGES = {
    "outbox": Sabotage(
        {"orders": "outbox,healing"},
        ((), (Fault("down", "orders/broker", seconds=4.0),)),
        frozenset({"rest", "stock", "invoices", "mails", "sms", "amazon", "ebay"}),
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
    ),
    "obligation and invoice key, parking": Sabotage(
        {"notifications": "obligations,parking", "billing": "invoices"},
        ((), (Fault("poison", "notifications"),)),
        frozenset({"mails", "sms", "invoices", "parked"}),
    ),
}


def small_plan(faults: tuple[tuple[Fault, ...], ...]) -> Plan:
    """Two orders of marketplaces, placed at first, shipped and paid then, and delivered in the end."""
    last = len(faults) - 1
    steps = (PLACED, SHIPPED, PAID, Step("move", last, "delivered"))
    orders = (
        OrderPlan(0, "amazon", ((0, 2),), "wait", steps),
        OrderPlan(1, "ebay", ((0, 2),), "wait", steps),
    )
    return Plan(0, (10,), ((0, 0, 3),), orders, faults)


@pytest.fixture
def build(postgres: Postgres, rabbitmq: RabbitMQ, rabbitmq_vhosts: VirtualHosts, tmp_path: Path) -> Build:
    """An installation of its own, with what is switched off in it."""

    @asynccontextmanager
    async def make(switched_off: Mapping[str, str], prefix: str) -> AsyncIterator[House]:
        with rabbitmq_vhosts.fresh() as amqp_url:
            house = House(postgres, rabbitmq, amqp_url, tmp_path, prefix, switched_off)
            try:
                await house.start()
                yield house
            finally:
                await house.stop()

    return make


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("name", SABOTAGES)
async def test_what_is_switched_off_is_missed(name: str, build: Build) -> None:
    sabotage = SABOTAGES[name]
    prefix = name.replace(" ", "_").replace(",", "") + "_"
    async with build(sabotage.switched_off, prefix) as house:
        verdict: Verdict = await Auditor(house).run(small_plan(sabotage.faults), seconds=REST_SECONDS)
    assert sabotage.missed <= verdict.oracles, verdict
