"""Invoices through the command line: shown, credited, reported, and proved; and what a proof that fails says."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from tests.cli.processes import Command, Running, figures, items
from tests.cli.sales import shipped
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DAYS = ("--from", "2020-01-01", "--to", "2199-12-31")


def invoiced(comptoir: Command) -> str:
    """The number of its invoice."""
    code = shipped(comptoir)
    assert until(lambda: bool(items(comptoir("invoices", "list", "--order", code, "--json"))), seconds=60)
    return str(items(comptoir("invoices", "list", "--order", code, "--json"))[0]["number"])


def test_an_invoice_is_shown_credited_counted_and_proved(comptoir: Command, running: Running) -> None:
    number = invoiced(comptoir)
    assert number.startswith(f"FA{date.today().year}-")  # noqa: DTZ011 - the shop's day is this machine's, or its next
    shown = comptoir("invoices", "show", number)
    assert "Carafe" in shown.out
    assert figures(comptoir("invoices", "show", number, "--json"))["snapshot"]["number"] == number

    wish = ("invoices", "credit", number, "--reason", "Bouchonnée", "--line", "1=1")
    seen = figures(comptoir(*wish, "--dry-run", "--json"))
    assert (seen["totals"]["gross"], seen["left"]) == ("12.00", "12.00")
    made = comptoir(*wish)
    assert made.code == 0
    assert "AV" in made.out
    refused = comptoir("invoices", "credit", number, "--reason", "Encore", "--amount", "12.01")
    assert (refused.code, "12.00 is left" in refused.err) == (1, True)
    assert comptoir("invoices", "credit", number, "--reason", "Encore", "--line", "one").code == 2
    bananas = comptoir("invoices", "credit", number, "--reason", "Encore", "--amount", "1.00", "--refund", "bananas")
    assert (bananas.code, "There are: card, transfer, cheque" in bananas.err) == (1, True)
    again = items(comptoir("invoices", "reissue", number, "--reason", "Raison sociale", "--json"))
    assert [(one["kind"], one["totals"]["gross"]) for one in again] == [("credit_note", "12.00"), ("invoice", "12.00")]

    vat = figures(comptoir("invoices", "report", "vat", *DAYS, "--json"))["items"]
    assert [(row["rate"], row["gross"]) for row in vat] == [("20", "12.00")]
    written = comptoir("invoices", "report", "fec", *DAYS, "--output", "fec.txt")
    assert (written.code, "Wrote fec.txt" in written.err) == (0, True)
    assert comptoir("invoices", "report", "journal", *DAYS).out.count("\n") == 5
    assert comptoir("invoices", "report", "vat", "--from", "2026-02-01", "--to", "2026-01-01").code == 1
    assert comptoir("invoices", "closings").err == "No day is closed yet.\n"
    assert comptoir("invoices", "verify").code == 0
    _a_touched_invoice_is_named(comptoir, running)


def _a_touched_invoice_is_named(comptoir: Command, running: Running) -> None:
    """Last, since the books of this installation do not hold any more."""
    number = invoiced(comptoir)
    with closing(sqlite3.connect(running.var / "billing.db", timeout=30)) as database, database:
        database.execute("DROP TRIGGER documents_no_update")
        database.execute("UPDATE documents SET gross = gross - 1, net = net - 1 WHERE number = ?", (number,))
    found = comptoir("invoices", "verify")
    assert (found.code, f"{number}: the columns do not say what was sealed" in found.err) == (1, True)
    [problem] = figures(comptoir("invoices", "verify", "--json"), code=1)["problems"]
    assert (problem["number"], problem["part"]) == (number, "row")
