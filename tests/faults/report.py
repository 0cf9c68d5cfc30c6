"""What all seeds of a run came to, as its closing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.auditor import Verdict
from tests.faults.rest import for_a_person


def count(verdict: Verdict) -> Counter[str]:
    """What happened in a seed, in numbers."""
    assert verdict.evidence is not None
    told, seen, ledgers = verdict.evidence.told, verdict.evidence.seen, verdict.evidence.ledgers
    mails = [mail.message_id for mail in ledgers.mails if told.tag in str(mail.recipients)]
    codes, externals = set(told.codes.values()), {order["external_id"] for order in seen.orders}
    return Counter(
        {
            "orders": len(seen.orders),
            "documents": len(seen.tables["documents"]),
            "requests": told.requests,
            "asked again": told.repeated,
            "mails": len(mails),
            "mails repeated": len(mails) - len(set(mails)),
            "SMS": sum(call.taken and call.order in codes for call in ledgers.twilio),
            "parcels": sum(call.taken and call.order in externals for call in (*ledgers.amazon, *ledgers.ebay)),
            "left to a person": sum(map(for_a_person, seen.tables["obligations"])),
            "lost on purpose": verdict.lost,
        }
    )


def lines(verdicts: list[tuple[Verdict, Counter[str]]]) -> Iterator[str]:
    """The ledger: what was asked, what broke, what came of it."""
    total: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    for verdict, counted in verdicts:
        total += counted
        struck.update(_kind(fault) for fault in verdict.faults)
    yield f"{len(verdicts)} seeds, {total['orders']} orders, {total['documents']} invoices and credit notes"
    yield f"{total['requests']} requests, {total['asked again']} times asked again for want of an answer"
    yield f"{total['mails']} mails, {total['mails repeated']} of them again after an unknown outcome"
    yield f"{total['SMS']} SMS, {total['parcels']} parcels confirmed, {total['left to a person']} left to a person"
    yield f"{total['lost on purpose']} messages lost on purpose"
    rested = sorted(verdict.settled_after for verdict, _ in verdicts if verdict.settled_after is not None)
    if rested:
        yield f"at rest after the last fault: median {rested[len(rested) // 2]:.1f} s, longest {rested[-1]:.1f} s"
    for kind, times in sorted(struck.items()):
        yield f"{times:5d} × {kind}"
    broken = [str(verdict.seed) for verdict, _ in verdicts if verdict.breaches]
    yield f"breaches in the seeds {', '.join(broken)}" if broken else "no breach"


def _kind(fault: str) -> str:
    """A fault without its count and length."""
    return fault.partition(" for ")[0].partition(":")[0]
