"""The books add up to the documents, to the cent, whatever was sold and credited."""

from collections import Counter
from datetime import date
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain import (
    AccountPlan,
    Issued,
    Numbered,
    Reference,
    document_entry,
    due,
    e_reporting,
    issued,
    journal_row,
    snapshot,
    vat_report,
)
from shared.contracts import InvoicePolicy
from shared.money import parse_amount
from tests.billing.builders import shop
from tests.billing.test_domain_paths import USUAL, Steps, World, steps


def sealed(include_tax: bool, history: Steps) -> list[dict[str, Any]]:
    """The snapshots of everything that was issued along a history."""
    world, ids = World(include_tax), count(1)
    documents, contents = list[Issued](), list[dict[str, Any]]()
    for what, id_, n, _heard in history:
        world.step(what, id_, n)
        for draft in due(world.order, InvoicePolicy.ON_SHIPMENT, world.paid, documents, lambda: f"doc-{next(ids)}"):
            place = len(documents) + 1
            numbered = Numbered(f"D-{place}", "D", place, date(2026, 1 + place % 12, 1))
            known = {one.id: Reference(one.id, one.number, one.issued_on) for one in documents}
            contents.append(snapshot(world.order, shop(), draft, numbered, reference=known.get(draft.refers_to or "")))
            documents.append(issued(contents[-1]))
    return contents


@settings(max_examples=150, deadline=None)
@given(st.booleans(), steps(*USUAL))
def test_sums_are_those_of_the_documents(include_tax: bool, history: Steps) -> None:
    contents = sealed(include_tax, history)
    vat, days = vat_report(), e_reporting()
    for content in contents:
        vat.add(content)
        days.add(content)
    for name in ("net", "tax", "gross"):
        total = sum(
            parse_amount(content["totals"][name], "EUR") * (1 if content["kind"] == "invoice" else -1)
            for content in contents
        )
        for rows in (vat.rows(), days.rows(), map(journal_row, contents)):  # all of them sold to one private person
            assert sum(parse_amount(row[name], "EUR") for row in rows) == total


@settings(max_examples=150, deadline=None)
@given(st.booleans(), steps(*USUAL))
def test_every_entry_is_balanced_and_all_of_them_come_to_the_documents(include_tax: bool, history: Steps) -> None:
    contents = sealed(include_tax, history)
    accounts: Counter[str] = Counter()
    for content in contents:
        balance = 0
        for line in document_entry(content, AccountPlan()):
            debit, credit = (int(line[side].replace(",", "")) for side in ("Debit", "Credit"))
            assert (debit == 0) != (credit == 0)
            balance += debit - credit
            accounts[line["CompteNum"]] += debit - credit
        assert balance == 0
    gross = sum(
        parse_amount(content["totals"]["gross"], "EUR") * (1 if content["kind"] == "invoice" else -1)
        for content in contents
    )
    assert accounts["411000"] == gross
    assert accounts["707000"] + accounts["445710"] == -gross
