"""Clients on the command line; the tests share a running Comptoir, and none minds what another did."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Command, figures, items

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_client_is_listed_shown_exported_and_erased(comptoir: Command, tmp_path: Path) -> None:
    address = {
        "name": "Inès",
        "street": "3 rue des Vignes",
        "postal_code": "33000",
        "city": "Bordeaux",
        "country": "FR",
    }
    line = {"sku": "CLI-C", "name": "Carafe", "kind": "service", "quantity": 1, "unit_price": "12.00", "tax_rate": "20"}
    customer = {"name": "Inès Roche", "email": "ines@example.org", "account": True}
    body = {"currency": "EUR", "customer": customer, "lines": [line], "billing_address": address}
    placed = figures(comptoir("orders", "create", "-", "--json", stdin=json.dumps(body)))
    id_ = placed["customer_id"]
    assert [found["id"] for found in items(comptoir("customers", "list", "-q", "roche", "--json"))] == [id_]
    assert "ines@example.org" in comptoir("customers", "list", "-q", "ines").out
    assert items(comptoir("customers", "list", "-q", "roche", "--guests", "--json")) == []
    assert "3 rue des Vignes" in comptoir("customers", "show", id_).out
    assert placed["code"] in comptoir("customers", "show", id_, "--orders").out
    file = tmp_path / "ines.json"
    assert comptoir("customers", "export", id_, str(file)).code == 0
    assert [order["code"] for order in json.loads(file.read_text())["orders"]] == [placed["code"]]
    refused = comptoir("customers", "erase", id_, "--yes")
    assert refused.code == 1
    assert "still worked on" in refused.err
    assert comptoir("customers", "erase", id_, stdin="n\n").code != 0
    missing = comptoir("customers", "show", "nobody")
    assert (missing.code, len(missing.err.splitlines())) == (1, 2)
    unordered = json.loads(comptoir("customers", "export", id_).out)
    assert unordered["customer"]["name"] == "Inès Roche"
