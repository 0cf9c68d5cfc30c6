"""Which mail takes which document along: order forms, invoices and credit notes reach each reader once.

A mail about an order waits, within bounds, until billing has applied the same version and its documents are typeset;
then it takes along what its reader has not had yet. A document that comes when no mail waits gets a mail of its own.
Nobody guesses which change brings an invoice: billing's account says what there is. Invoices and credit notes go to
clients who were written to about the order, order forms to administrators too; a mail that is asked for again takes
everything along again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifications.domain.wanted import ADMINISTRATOR, CLIENT
from shared.contracts import Account, DocumentKind

MAILED = (DocumentKind.ORDER_FORM, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)

BEFORE = timedelta(minutes=10)
"""How far the clocks of two services may be apart: what was issued longer before the first mail is history."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document whose bytes are there, as a mail takes it along."""

    id: str
    kind: str
    number: str
    sha256: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """Whom an order's documents are mailed to, and since when there were mails."""

    address: str
    name: str
    language: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an order's documents; `heard` is the version billing applied, `complete`: all are typeset."""

    order_id: str
    shop: str
    code: str | None = None
    heard: int = 0
    complete: bool = False
    papers: tuple[Paper, ...] = ()
    client: Client | None = None
    merchant: bool = False

    def for_reader(self, role: str) -> list[Paper]:
        """The documents this reader is to have."""
        if role == ADMINISTRATOR:
            return [paper for paper in self.papers if self.merchant and paper.kind == DocumentKind.ORDER_FORM]
        if self.client is None:
            return []
        first = self.client.since - BEFORE
        return [paper for paper in self.papers if paper.kind == DocumentKind.ORDER_FORM or paper.issued_at >= first]


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mail about the order. `waits`: it has not left, and may still take documents along; `again`: it was asked for
    a second time."""

    id: str
    role: str
    version: int
    position: int
    waits: bool
    again: bool
    papers: tuple[str, ...]


@dataclass(slots=True)
class Sharing:
    """What each waiting mail takes along besides what it has, which of them may leave, and what goes by itself."""

    added: dict[str, list[Paper]] = field(default_factory=dict)
    ready: list[str] = field(default_factory=list)
    alone: list[tuple[str, Paper]] = field(default_factory=list)


def named(account: Account) -> tuple[Paper, ...]:
    """The documents of an account that can be mailed; an imported invoice without a PDF has no digest."""
    return tuple(
        Paper(found.id, str(found.kind), found.number, found.sha256, found.issued_at)
        for found in account.documents
        if found.sha256 is not None and found.kind in MAILED
    )


def share(known: Known, mails: Iterable[Mailing], version: int) -> Sharing:
    """Give out an order's documents. `mails` are those that left or may leave, `version` is the order's as heard here.

    Where billing has heard a newer one, a mail that wants its documents may be on its way: nothing goes by itself yet.
    """
    found, mails = Sharing(), list(mails)
    for role in (CLIENT, ADMINISTRATOR):
        _share(known, role, [mail for mail in mails if mail.role == role], found)
    if known.heard > version:
        found.alone.clear()
    return found


def _share(known: Known, role: str, mails: Sequence[Mailing], found: Sharing) -> None:
    papers = known.for_reader(role)
    waiting = sorted((mail for mail in mails if mail.waits), key=lambda mail: mail.position)
    had = {paper for mail in mails for paper in mail.papers}
    for paper in papers:
        if paper.id in had:
            continue
        if waiting:  # the form confirms the order, all else belongs to what happened last
            taker = waiting[0 if paper.kind == DocumentKind.ORDER_FORM else -1]
            found.added.setdefault(taker.id, []).append(paper)
        else:
            found.alone.append((role, paper))
    for mail in waiting:
        if mail.again:
            found.added[mail.id] = [paper for paper in papers if paper.id not in mail.papers]
        if known.complete and known.heard >= mail.version:
            found.ready.append(mail.id)
