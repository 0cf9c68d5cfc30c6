"""`comptoir invoices import` and `void`: the invoice of other software, from the file to the order's fact."""

from pathlib import Path

import httpx
import pytest

from tests.billing.external_files import blank, invoice, written
from tests.cli.processes import KEY, Command, Running, figures, items
from tests.eventually import eventually


@pytest.mark.row("S3-10")
async def test_an_invoice_of_other_software_from_file_to_fact(
    comptoir: Command, running: Running, tmp_path: Path
) -> None:
    line = {"sku": "BX-2019-MED", "name": "Wine", "quantity": 2, "unit_price": "12.00", "tax_rate": "20"}
    body = {"currency": "EUR", "customer": {"name": "Zoé", "email": "zoe@example.org"}, "lines": [line]}
    async with httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {KEY}"}) as api:
        code = (await api.post("/api/v1/orders", json=body)).json()["code"]

        async def heard() -> bool:
            return (await api.get(f"/api/v1/billing/orders/{code}")).status_code == 200

        async def fact(state: str) -> bool:
            return bool((await api.get(f"/api/v1/orders/{code}")).json()["facts"]["invoice"] == state)

        await eventually(heard)
        (tmp_path / "facture.xml").write_bytes(written(invoice(**{"BT-14": code})))
        found = figures(comptoir("invoices", "import", "facture.xml", "--json"))
        assert (found["order"], found["number"], found["origin"]) == (code, "EXT-2026/0815", "external")
        again = comptoir("invoices", "import", "facture.xml", "--order", code)
        assert (again.code, "EXT-2026/0815" in again.out) == (0, True)
        await eventually(lambda: fact("imported"))
        listed = items(comptoir("invoices", "list", "--order", code, "--json"))
        assert [one["id"] for one in listed] == [found["id"]]

        (tmp_path / "scan.pdf").write_bytes(blank())
        said = ("--number", "F-1", "--issued-on", "2026-11-20", "--gross", "25.00", "--currency", "EUR")
        refused = comptoir("invoices", "import", "scan.pdf", "--order", code, *said)
        assert (refused.code, "EXT-2026/0815" in refused.err) == (1, True)
        assert figures(comptoir("invoices", "void", found["id"], "--reason", "a test", "--json"))["live"] is False
        await eventually(lambda: fact("none"))
