"""Runs a seed against a house and judges what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.eventually import eventually
from tests.faults import effects, oracles
from tests.faults.house import House
from tests.faults.nemesis import Nemesis
from tests.faults.oracles import Evidence, Ledgers
from tests.faults.plan import Plan
from tests.faults.rest import restless
from tests.faults.snapshot import QUEUES, take
from tests.faults.workload import Workload

SETTLE_SECONDS = 120.0
"""From the end of the last fault until everything is settled, or shown as unknown for a person."""
DIGEST_SECONDS = 130.0
"""An answer that nobody had asked for (a payment, an allocation) and that was lost is missed by the digest of its first
full minute, which is published once a minute; its order is settled and may be out of date until then."""

ORACLES: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    oracles.acknowledged,
    oracles.versions,
    oracles.receipts,
    oracles.stock,
    oracles.catalogue,
    oracles.invoices,
    oracles.money,
    oracles.numbers,
    oracles.parked,
    effects.mails,
    effects.sms,
    effects.amazon,
    effects.ebay,
)
"""Beside these stands `rest`: that it was reached in time."""


@dataclass(slots=True)
class Verdict:
    """What a seed came to. `breaches` are by the oracle that found them."""

    seed: int
    faults: list[str]
    lost: int = 0
    settled_after: float | None = None
    breaches: dict[str, list[str]] = field(default_factory=dict)
    evidence: Evidence | None = None

    def __str__(self) -> str:
        rested = "never came to rest" if self.settled_after is None else f"at rest after {self.settled_after:.1f} s"
        said = [f"seed {self.seed}: {'; '.join(self.faults)}: {rested}"]
        said += [f"  {oracle}: {breach}" for oracle, found in self.breaches.items() for breach in found]
        return "\n".join(said)


class Auditor:
    """Keeps what outlives a seed: what has been poisoned since the house was built."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._poisoned: set[tuple[str, str]] = set()

    async def run(self, plan: Plan, *, seconds: float | None = None) -> Verdict:
        """The whole plan, then peace, then the judgement after `seconds` at the latest."""
        workload = Workload(self._house, plan)
        nemesis = Nemesis(self._house, workload, plan.seed)
        await self._house.forget()
        try:
            async with self._house.supervised():
                await workload.open()
                for number, faults in enumerate(plan.phases):
                    await asyncio.gather(nemesis.strike(faults), workload.phase(number))
        finally:
            self._poisoned |= nemesis.poisoned
            await workload.close()
            await self._house.heal()
        struck = [str(fault) for faults in plan.phases for fault in faults]
        answers_lost = any(fault.startswith("lose orders/") for fault in struck)
        seconds = seconds or SETTLE_SECONDS + DIGEST_SECONDS * answers_lost
        return await self._judged(Verdict(plan.seed, struck, lost=nemesis.lost), workload, seconds)

    async def _judged(self, verdict: Verdict, workload: Workload, seconds: float) -> Verdict:
        loop = asyncio.get_running_loop()
        healed = loop.time()
        try:
            await eventually(lambda: self._rests(workload), seconds=seconds, every=0.3)
            verdict.settled_after = loop.time() - healed
        except AssertionError as failure:
            verdict.breaches["rest"] = str(failure).splitlines()
        verdict.evidence = await self._evidence(workload)
        verdict.breaches |= ask(verdict.evidence)
        return verdict

    async def _rests(self, workload: Workload) -> bool:
        seen = await take(self._house, workload.told.tag, workload.skus)
        found = list(restless(seen))
        assert not found, "\n".join(found)
        waiting = {queue: depth for queue, depth in (await self._house.depths(QUEUES)).items() if depth}
        assert not waiting, f"messages wait in {waiting}"
        parking = [body[:80] for service, body in self._poisoned - set(seen.parked)]
        assert not parking, f"not parked yet, and in no queue: {parking}"
        return True

    async def _evidence(self, workload: Workload) -> Evidence:
        seen = await take(self._house, workload.told.tag, workload.skus)
        vendors = self._house.counterparts
        ledgers = Ledgers(
            list(self._house.mails.received),
            list(vendors.amazon.ledger),
            list(vendors.ebay.ledger),
            list(vendors.twilio.ledger),
        )
        return Evidence(workload.told, workload.skus, seen, ledgers, set(self._poisoned))


def ask(evidence: Evidence) -> dict[str, list[str]]:
    """The breaches that every oracle finds, by its name."""
    found = {oracle.__name__: list(oracle(evidence)) for oracle in ORACLES}
    return {name: breaches for name, breaches in found.items() if breaches}
