"""What each kind of effect costs beyond the change of status that asks for it, and how long people wait for it.

The cost is the CPU of our processes for a change with the effect less that of the same change without it, and less
what they use while nothing happens (the quotas of SMS and marketplaces make these samples long). The counterparts and
their servers are not counted.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.changes import Sample, measure, place
from tests.bench.installation import Installation
from tests.eventually import eventually

IDLE_SECONDS = 5.0
LOOK_SECONDS = 0.005
PHONE = {"name": "Zoé Martin", "email": "zoe@example.org", "phone": "+33612345678"}
SILENT = {"mail": False, "sms": False, "invoice": False}
PARCEL = {"carrier": "Colissimo", "tracking_number": "6A00000000000"}


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind: the change that asks for it, and its twin that does not."""

    count: int
    status: str
    actions: dict[str, bool]
    channel: str = "web"

    @property
    def command(self) -> dict[str, Any]:
        return {"actions": SILENT | self.actions} | ({"shipment": PARCEL} if self.status == "shipped" else {})


PLAIN = {"processing": Effect(500, "processing", {}), "shipped": Effect(500, "shipped", {})}
EFFECTS = {
    "mail": Effect(500, "processing", {"mail": True}),
    "sms": Effect(100, "processing", {"sms": True}),
    "invoice": Effect(500, "shipped", {"invoice": True}),
    "amazon": Effect(30, "shipped", {}, "amazon"),
    "ebay": Effect(60, "shipped", {}, "ebay"),
}


async def costs(house: Installation, skus: list[str]) -> dict[str, float]:
    """CPU ms of each kind of effect, and of the change to shipped itself as `shipment`."""
    idle = await idle_cpu_ms(house)

    async def cost(effect: Effect) -> float:
        codes = await place(house, skus, effect.count, channel=effect.channel, customer=PHONE)
        await house.settled()
        sample: Sample = await measure(house, codes, effect.status, **effect.command)
        return sample.cpu_ms - idle * sample.wall_seconds / sample.changes

    plain = {status: await cost(effect) for status, effect in PLAIN.items()}
    found = {name: await cost(effect) - plain[effect.status] for name, effect in EFFECTS.items()}
    return {"shipment": plain["shipped"] - plain["processing"], **found}


async def allow_sms(house: Installation) -> None:
    """A shop sends none until it is told to: each costs money."""
    shop = await house.orders.ask("GET", "/api/v1/shop")
    told = {name: value for name, value in shop.items() if name not in {"version", "keys"}}
    await house.orders.ask("PUT", "/api/v1/shop", told | {"sms": True})
    await house.settled()


async def idle_cpu_ms(house: Installation) -> float:
    """CPU ms a second of all processes together while nothing happens."""
    before, since = house.cpu_seconds, time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    return 1000 * (house.cpu_seconds - before) / (time.perf_counter() - since)


Count = Callable[[], Awaitable[int]]


async def delays(house: Installation, skus: list[str], rounds: int) -> dict[str, list[float]]:
    """Seconds until each effect is there, by kind, from the moment a client asks for the change.

    One order after the other while nothing else goes on: shipped with mail, SMS and invoice, or to a marketplace.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    counts = _counts(house)
    for channel in ["web"] * rounds + ["amazon"] * rounds + ["ebay"] * rounds:
        kinds = ("mail", "sms", "invoice") if channel == "web" else (channel,)
        (code,) = await place(house, skus, 1, channel=channel, customer=PHONE)
        await house.settled()
        before = {kind: await counts[kind]() for kind in (*kinds, "settled")}
        actions = dict.fromkeys(SILENT, channel == "web")
        since = time.perf_counter()

        async def watch(kind: str, code: str = code, before: dict[str, int] = before, since: float = since) -> None:
            async def more() -> bool:
                return await counts[kind]() > before[kind]

            try:
                await eventually(more, seconds=60, every=LOOK_SECONDS)
            except AssertionError as failure:
                raise RuntimeError(f"no {kind} for order {code}") from failure
            found[kind].append(time.perf_counter() - since)

        command = {"status": "shipped", "shipment": PARCEL, "actions": actions}
        await house.orders.ask("POST", f"/api/v1/orders/{code}/status", command)
        await asyncio.gather(*map(watch, (*kinds, "settled")))
    return dict(found)


def _counts(house: Installation) -> dict[str, Count]:
    """How much of each effect there is, as its receiver sees it."""

    def rows(service: str, table_and_condition: str) -> Count:
        async def count() -> int:
            return int((await house.rows(service, f"SELECT count(*) FROM {table_and_condition}"))[0][0])

        return count

    def entries(ledger: list[Any]) -> Count:
        async def count() -> int:
            return len(ledger)

        return count

    return {
        "mail": entries(house.mails.received),
        "sms": entries(house.vendors.twilio.ledger),
        "amazon": entries(house.vendors.amazon.ledger),
        "ebay": entries(house.vendors.ebay.ledger),
        "invoice": rows("billing", "renderings WHERE sha256 IS NOT NULL"),
        "settled": rows("orders", "orders WHERE settled AND version > 1"),
    }
