"""Runs a seed against a house and judges what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.eventually import eventually
from tests.faults import effects, oracles
from tests.faults.effects import Ledgers
from tests.faults.house import House
from tests.faults.nemesis import Nemesis
from tests.faults.oracles import Evidence
from tests.faults.plan import Plan
from tests.faults.rest import for_a_person, restless
from tests.faults.snapshot import QUEUES, take
from tests.faults.workload import Workload

SETTLE_SECONDS = 60.0
"""From the end of the last fault until everything is settled, or shown as unknown for a person."""

FROM_TABLES: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    oracles.acknowledged,
    oracles.versions,
    oracles.receipts,
    oracles.stock,
    oracles.catalogue,
    oracles.invoices,
    oracles.money,
    oracles.numbers,
    oracles.parked,
)
FROM_LEDGERS: tuple[Callable[[Evidence, Ledgers], Iterator[str]], ...] = (
    effects.mails,
    effects.sms,
    effects.amazon,
    effects.ebay,
)


@dataclass(slots=True)
class Verdict:
    """What a seed came to. `breaches` are by the oracle that found them."""

    seed: int
    faults: list[str] = field(default_factory=list)
    settled_after: float | None = None
    orders: int = 0
    requests: int = 0
    repeated: int = 0
    lost: int = 0
    mails: int = 0
    mails_repeated: int = 0
    sms: int = 0
    parcels: int = 0
    documents: int = 0
    left_to_a_person: int = 0
    breaches: dict[str, list[str]] = field(default_factory=dict)

    @property
    def oracles(self) -> set[str]:
        return set(self.breaches)

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

    async def run(self, plan: Plan, *, seconds: float = SETTLE_SECONDS) -> Verdict:
        """The whole plan, then peace, then the judgement after `seconds` at the latest."""
        workload = Workload(self._house, plan)
        nemesis = Nemesis(self._house, workload, plan.seed)
        await self._house.forget()
        try:
            await workload.open()
            for number, faults in enumerate(plan.phases):
                await asyncio.gather(nemesis.strike(faults), workload.phase(number))
            await self._house.heal()
        finally:
            await workload.close()
        self._poisoned |= nemesis.poisoned
        verdict = Verdict(plan.seed, [str(fault) for faults in plan.phases for fault in faults], lost=nemesis.lost)
        await self.judge(verdict, workload, seconds)
        return verdict

    async def judge(self, verdict: Verdict, workload: Workload, seconds: float) -> None:
        """Wait for rest, then ask every oracle."""
        loop = asyncio.get_running_loop()
        healed = loop.time()
        try:
            await eventually(lambda: self._rests(workload), seconds=seconds, every=0.3)
            verdict.settled_after = loop.time() - healed
        except AssertionError as failure:
            verdict.breaches["rest"] = str(failure).splitlines()
        evidence, ledgers = await self._evidence(workload), self._ledgers()
        for oracle in FROM_TABLES:
            _note(verdict, oracle.__name__, oracle(evidence))
        for judge in FROM_LEDGERS:
            _note(verdict, judge.__name__, judge(evidence, ledgers))
        _count(verdict, evidence, ledgers)

    async def _rests(self, workload: Workload) -> bool:
        seen = await take(self._house, workload.told.tag, workload.skus)
        found = list(restless(seen))
        assert not found, "\n".join(found)
        waiting = {queue: depth for queue, depth in (await self._house.depths(QUEUES)).items() if depth}
        assert not waiting, f"messages wait in {waiting}"
        return True

    async def _evidence(self, workload: Workload) -> Evidence:
        seen = await take(self._house, workload.told.tag, workload.skus)
        return Evidence(workload.told, workload.skus, seen, self._poisoned)

    def _ledgers(self) -> Ledgers:
        vendors = self._house.counterparts
        return Ledgers(self._house.mails.received, vendors.amazon.ledger, vendors.ebay.ledger, vendors.twilio.ledger)


def _note(verdict: Verdict, oracle: str, found: Iterator[str]) -> None:
    breaches = list(found)
    if breaches:
        verdict.breaches[oracle] = breaches


def _count(verdict: Verdict, evidence: Evidence, ledgers: Ledgers) -> None:
    """What the report adds up."""
    told, seen = evidence.told, evidence.seen
    verdict.orders, verdict.requests, verdict.repeated = len(seen.orders), told.requests, told.repeated
    verdict.left_to_a_person = sum(map(for_a_person, seen.tables["obligations"]))
    mails = [mail.message_id for mail in ledgers.mails if told.tag in str(mail.recipients)]
    verdict.mails, verdict.mails_repeated = len(mails), len(mails) - len(set(mails))
    codes, externals = set(told.codes.values()), {order["external_id"] for order in seen.orders}
    verdict.sms = sum(call.taken and call.order in codes for call in ledgers.twilio)
    verdict.parcels = sum(call.taken and call.order in externals for call in (*ledgers.amazon, *ledgers.ebay))
    verdict.documents = len(seen.tables["documents"])
