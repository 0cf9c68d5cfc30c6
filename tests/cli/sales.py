"""A sale through the command line, for what follows from it: `test_invoices`, `test_rates`."""

import json

from tests.cli.processes import Command, figures

ADDRESS = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}


def shipped(comptoir: Command, currency: str = "EUR") -> str:
    """The code of an order of two carafes at 12.00, which has left."""
    line = {"sku": "CLI-9", "name": "Carafe", "quantity": 2, "unit_price": "12.00", "tax_rate": "20"}
    body = {"currency": currency, "customer": {"name": "Zoé", "email": "zoe@example.org"}, "lines": [line]}
    order = json.dumps(body | {"billing_address": ADDRESS})
    code = figures(comptoir("orders", "create", "-", "--json", stdin=order))["code"]
    assert comptoir("orders", "status", code, "shipped", "--no-mail").code == 0
    return str(code)
