"""What all seeds of a run came to, as its closing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tests.faults.auditor import Verdict


def lines(verdicts: list[Verdict]) -> Iterator[str]:
    """The ledger: what was asked, what broke, what came of it."""
    total = {
        name: sum(getattr(verdict, name) for verdict in verdicts)
        for name in ("orders", "requests", "repeated", "lost", "mails", "mails_repeated", "sms", "parcels", "documents")
    }
    unknown = sum(verdict.left_to_a_person for verdict in verdicts)
    yield f"{len(verdicts)} seeds, {total['orders']} orders, {total['documents']} invoices and credit notes"
    yield f"{total['requests']} requests, {total['repeated']} times asked again for want of an answer"
    yield f"{total['mails']} mails, {total['mails_repeated']} of them repetitions after an unknown outcome"
    yield f"{total['sms']} SMS, {total['parcels']} parcels confirmed, {unknown} outcomes left to a person"
    yield f"{total['lost']} messages lost on purpose"
    rested = sorted(verdict.settled_after for verdict in verdicts if verdict.settled_after is not None)
    if rested:
        median = rested[len(rested) // 2]
        yield f"at rest after the last fault: median {median:.1f} s, longest {rested[-1]:.1f} s"
    struck = Counter(fault.rpartition(":")[0] or fault for verdict in verdicts for fault in verdict.faults)
    for kind, found in groupby(sorted(struck), key=lambda fault: fault.split(" at ")[-1].split(" for ")[0]):
        yield f"  {sum(struck[fault] for fault in found):4d} × {kind}"
    broken = [verdict for verdict in verdicts if verdict.breaches]
    yield f"breaches: {sum(map(len, (v.breaches for v in broken)))}" + (
        f", in the seeds {', '.join(str(verdict.seed) for verdict in broken)}" if broken else ""
    )
