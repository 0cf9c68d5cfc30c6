"""Rates of exchange through the command line. An installation of its own, since reports tell each currency's rows."""

import pytest

from tests.cli.processes import Command, items
from tests.cli.sales import shipped
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_an_invoice_in_pounds_waits_for_its_rate(comptoir: Command) -> None:
    assert comptoir("rates", "list").err == "No rate was entered.\n"
    code = shipped(comptoir, "GBP")

    def warned() -> bool:
        return "exchange_rate_missing" in comptoir("orders", "show", code, "--json").out

    assert until(warned, seconds=60)
    assert items(comptoir("invoices", "list", "--order", code, "--json")) == []
    assert [one["order"] for one in items(comptoir("rates", "missing", "--json"))] == [code]
    ill = comptoir("doctor")
    assert (ill.code, code in ill.out, "rates set GBP" in ill.out) == (1, True, True)
    refused = comptoir("rates", "set", "GBP", "none", "--source", "BCE")
    assert (refused.code, "rate" in refused.err) == (1, True)
    told = comptoir("rates", "set", "GBP", "0.87215", "--source", "BCE")
    assert (told.code, "0.87215" in told.out) == (0, True)
    assert until(lambda: bool(items(comptoir("invoices", "list", "--order", code, "--json"))), seconds=60)
    [rate] = items(comptoir("rates", "list", "--currency", "GBP", "--json"))
    assert (rate["rate"], rate["source"]) == ("0.87215", "BCE")
