"""`comptoir deliveries` against a running Comptoir: what left, why something has not, what a person decides."""

import json

import httpx
import pytest

from tests.cli.processes import Command, Running, figures, items
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LINE = {"sku": "CLI-W", "name": "Carafe", "quantity": 1, "unit_price": "12.00", "tax_rate": "20"}
CUSTOMER = {"name": "Zoé", "email": "zoe@example.org"}
ADDRESS = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}


def place(comptoir: Command) -> str:
    """An order whose confirmation is mailed; its code."""
    body = {"currency": "EUR", "customer": CUSTOMER, "billing_address": ADDRESS, "lines": [LINE]}
    code: str = figures(comptoir("orders", "create", "-", "--json", stdin=json.dumps(body)))["code"]
    return code


def test_why_a_mail_waits_until_it_is_retried(comptoir: Command, running: Running) -> None:
    httpx.put(f"{running.url}/sandbox/mail/fault", json={"kind": "500", "count": 1000}).raise_for_status()
    try:
        code = place(comptoir)
        asked = ("deliveries", "list", "--order", code, "--channel", "mail", "--outcome", "retry", "--json")
        assert until(lambda: bool(items(comptoir(*asked))), seconds=60)
        delivery = items(comptoir(*asked))[0]["id"]
        told = comptoir("deliveries", "show", delivery)
        assert told.code == 0
        assert "waits" in told.out
        assert "451" in told.out
        shown = figures(comptoir("deliveries", "show", delivery, "--json"))
        assert shown["waiting"]["cause"] in ("schedule", "breaker", "call", "worker", "sequence")
        assert shown["journal"][0]["outcome"] == "retry"
    finally:
        httpx.put(f"{running.url}/sandbox/mail/fault", json={"kind": "none"}).raise_for_status()
    assert comptoir("deliveries", "retry", delivery, "--yes").code in (0, 1), "1: its call is out at this moment"
    left = ("deliveries", "list", "--order", code, "--channel", "mail", "--outcome", "done", "--json")
    assert until(lambda: delivery in [one["id"] for one in items(comptoir(*left))], seconds=60)


def test_a_mail_of_unknown_outcome_is_settled_as_done(comptoir: Command, running: Running) -> None:
    missing = comptoir("deliveries", "settle", "nothing", "done", "--reason", "seen")
    assert (missing.code, len(missing.err.splitlines())) == (1, 2)
    misspelt = comptoir("deliveries", "list", "--channel", "fax")
    assert misspelt.code == 1
    assert "channel" in misspelt.err
    assert "'webhook'" in misspelt.err
    httpx.put(f"{running.url}/sandbox/mail/fault", json={"kind": "timeout_after_accept", "count": 1000})
    try:
        code = place(comptoir)
        asked = ("deliveries", "list", "--order", code, "--channel", "mail", "--json")
        assert until(lambda: bool(items(comptoir(*asked, "--outcome", "unknown"))), seconds=60)
        delivery = items(comptoir(*asked, "--outcome", "unknown"))[0]["id"]
        settle = ("deliveries", "settle", delivery, "done", "--reason", "the client has it", "--json")
        settled = {comptoir(*settle).code for _ in range(5)}
        assert 0 in settled, "but while its call is out"
    finally:
        httpx.put(f"{running.url}/sandbox/mail/fault", json={"kind": "none"}).raise_for_status()
    shown = figures(comptoir("deliveries", "show", delivery, "--json"))
    assert (shown["outcome"], shown["waiting"]) == ("done", None)
    assert shown["reason"].startswith("the client has it (")
    assert "is done" in comptoir("deliveries", "retry", delivery).err
    assert comptoir("deliveries", "list", "--since", "yesterday").code == 2
    assert comptoir("deliveries", "list", "--since", "2999-01-01").err == "There is none.\n"


def test_an_sms_is_followed_to_the_telephone(comptoir: Command) -> None:
    body = {"currency": "EUR", "customer": CUSTOMER | {"phone": "06 12 34 56 78"}, "lines": [LINE]}
    code = figures(comptoir("orders", "create", "-", "--json", stdin=json.dumps(body)))["code"]
    assert comptoir("orders", "status", code, "confirmed", "--sms").code == 0
    asked = ("deliveries", "list", "--order", code, "--channel", "sms", "--json")
    assert until(lambda: bool(items(comptoir(*asked))), seconds=60)
    show = ("deliveries", "show", items(comptoir(*asked))[0]["id"])
    assert until(lambda: (figures(comptoir(*show, "--json"))["report"] or {}).get("reached") == "delivered", seconds=60)
    assert "delivered at " in comptoir(*show).out
