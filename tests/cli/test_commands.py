"""What else a person can ask of a running Comptoir; the tests share one, and none minds what another did."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Command, Running, figures, items
from tests.cli.sales import shipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_an_order_from_json_to_cancelled(comptoir: Command) -> None:
    address = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}
    line = {"sku": "CLI-1", "name": "Carafe", "quantity": 2, "unit_price": "12.00", "tax_rate": "20"}
    body = {"currency": "EUR", "customer": {"name": "Zoé", "email": "zoe@example.org"}, "lines": [line]}
    text = json.dumps(body | {"billing_address": address})
    first = figures(comptoir("orders", "create", "-", "--key", "one", "--wait", "10", "--json", stdin=text))
    again = figures(comptoir("orders", "create", "-", "--key", "one", "--wait", "10", "--json", stdin=text))
    assert again["code"] == first["code"]
    code = first["code"]
    assert "Carafe" in comptoir("orders", "show", code.lower()).out
    assert [item["sku"] for item in items(comptoir("stock", "show", "CLI-1", "--json"))] == ["CLI-1"]

    refused = comptoir("orders", "status", code, "returned")
    assert refused.code == 1
    assert "Allowed: " in refused.err
    stale = comptoir("orders", "status", code, "processing", "--version", "7")
    assert stale.code == 1
    moved = figures(comptoir("orders", "status", code, "processing", "--no-mail", "--comment", "Merci", "--json"))
    assert moved["status"]["mnemonic"] == "processing"
    cancelled = figures(comptoir("orders", "status", code, "cancelled", "--no-mail", "--json"))
    assert cancelled["lines"][0]["hold"] == 0
    kinds = [entry["kind"] for entry in items(comptoir("orders", "show", code, "--timeline", "--json"))]
    assert kinds.count("status") == 3
    logged = items(comptoir("log", "--order", code, "--kind", "status", "--json"))
    assert [entry["status"] for entry in logged] == ["cancelled", "processing", "received"]
    assert "cancelled" in comptoir("log", "--limit", "3").out


def test_part_of_what_comes_back_is_scrapped(comptoir: Command) -> None:
    code = shipped(comptoir)
    back = ("orders", "status", code, "returned", "--no-mail", "--stock", "lines", "--back", "1=2")
    assert comptoir(*back, "--scrap", "2=1").code == 2
    shown = comptoir(*back, "--scrap", "1=1").out
    assert "scrapped" in shown
    [line] = figures(comptoir("orders", "show", code, "--json"))["lines"]
    assert (line["restocked"], line["scrapped"]) == (2, 1)


def test_goods_come_back_to_a_location(comptoir: Command) -> None:
    code = shipped(comptoir)
    command = ("orders", "status", code, "returned", "--no-mail", "--stock")
    unknown = comptoir(*command, "all", "--to", "moon")
    assert (unknown.code, "no open location 'moon'" in unknown.err) == (2, True), unknown.err
    somewhere = comptoir(*command, "lines", "--back", "1=2", "--scrap", "1=1@main")
    assert (somewhere.code, "does not name it there" in somewhere.err) == (2, True), somewhere.err
    told = comptoir(*command, "lines", "--back", "1=2@main", "--scrap", "1=1", "--to", "main").out
    assert "line 1 at main: 2 restocked, 1 scrapped" in told
    again = ("orders", "status", code, "shipped", "--no-mail", "--stock", "all", "--from", "main", "--json")
    [line] = figures(comptoir(*again))["lines"]
    assert line["locations"] == [{"location": "main", "shipped": 2, "restocked": 2, "scrapped": 1}]


def test_documents_are_printed_and_verified(comptoir: Command, tmp_path: Path) -> None:
    line = {"sku": "CLI-2", "name": "Carafe", "quantity": 2, "unit_price": "12.00", "tax_rate": "20"}
    body = {"currency": "EUR", "customer": {"name": "Zoé", "email": "zoe@example.org"}, "lines": [line]}
    made = ("orders", "create", "-", "--wait", "10", "--json")
    codes = [figures(comptoir(*made, stdin=json.dumps(body)))["code"] for _ in range(2)]
    done = comptoir("documents", "print", "order_form", *codes, "-o", "forms.pdf")
    assert (done.code, "Wrote forms.pdf (2 documents)" in done.err) == (0, True), done.err
    assert (tmp_path / "forms.pdf").read_bytes().startswith(b"%PDF-")
    refused = comptoir("documents", "print", "invoice", *codes)
    assert (refused.code, f"orders.1: Order {codes[1]} has no invoice." in refused.err) == (1, True), refused.err
    verified = figures(comptoir("documents", "verify", "--json"))
    assert (verified["ok"], verified["checked"] >= 2) == (True, True)


def test_bad_input_is_two_lines(comptoir: Command) -> None:
    wrong = comptoir("orders", "create", "-", stdin="{")
    assert (wrong.code, len(wrong.err.splitlines())) == (2, 2)
    refused = comptoir("orders", "create", "-", stdin='{"currency": "EUR", "lines": []}')
    assert refused.code == 1
    assert "lines" in refused.err
    assert len(refused.err.splitlines()) == 2
    missing = comptoir("orders", "show", "0000-0000-00000")
    assert (missing.code, len(missing.err.splitlines())) == (1, 2)


def test_keys_open_what_they_may_until_they_are_revoked(comptoir: Command) -> None:
    made = figures(comptoir("keys", "create", "reader", "--scope", "orders:read", "--days", "30", "--json"))
    reader = {"COMPTOIR_API_KEY": made["key"]}
    assert comptoir("orders", "list", **reader).code == 0
    forbidden = comptoir("keys", "list", **reader)
    assert forbidden.code == 1
    assert "--scope" in forbidden.err
    listed = items(comptoir("keys", "list", "--json"))
    assert made["key"] not in json.dumps(listed)
    assert made["id"] in [key["id"] for key in listed]
    assert comptoir("keys", "revoke", made["id"]).code == 0
    denied = comptoir("orders", "list", **reader)
    assert denied.code == 1
    assert "COMPTOIR_API_KEY" in denied.err


def test_without_a_key_the_file_beside_the_data_is_read(comptoir: Command, running: Running) -> None:
    assert comptoir("orders", "list", COMPTOIR_API_KEY="").code == 1
    (running.var / "admin-key").write_text("ck_test_of_the_command_line\n")
    assert comptoir("orders", "list", COMPTOIR_API_KEY="", COMPTOIR_VAR=str(running.var)).code == 0


def test_operations_are_asked_of_all_four(comptoir: Command) -> None:
    assert comptoir("dead", "list").err == "Nothing is set aside.\n"
    assert comptoir("outbox").code == 0
    assert comptoir("dead", "show", "billing", "orders.order.v1", "nobody").code == 1
    assert comptoir("dead", "list", "--service", "accounting").code == 2
    assert comptoir("resync", "inventory").code == 0
    assert [run["service"] for run in items(comptoir("resync", "--json"))] == ["inventory"]


def test_a_generic_file_with_a_mapping(comptoir: Command, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'currency = "EUR"\ndelimiter = ";"\ndecimal_comma = true\nencoding = "cp1252"\n'
        '[columns]\norder = "Commande"\nsku = "Article"\nname = "Libellé"\nquantity = "Qté"\nunit_price = "Prix"\n'
        'email = "Courriel"\nshipping_city = "Ville"\nshipping_street = "Rue"\ncountry = "Pays"\n'
    )
    (tmp_path / "commandes.csv").write_bytes(
        (
            "Commande;Article;Libellé;Qté;Prix;Courriel;Rue;Ville;Pays\n"
            "W-1;CLI-THÉ;Thé d’hiver;2;1.012,50;lea@example.org;1 rue Haute;Pau;France\n"
            "W-2;CLI-THÉ;Thé d’hiver;1;12,50;not an address;1 rue Haute;Pau;France\n"
        ).encode("cp1252")
    )
    arguments = ("import", "orders", "commandes.csv", "--format", "csv", "--map", "map.toml", "--tax-rate", "5.5")
    imported = figures(comptoir(*arguments, "--json"), code=3)
    assert (imported["orders_created"], imported["orders_refused"], imported["rejected"]) == (1, 1, 1)
    [order] = items(comptoir("orders", "list", "--query", "W-1", "--json"))
    assert order["customer"]["email"] == "lea@example.org"
    assert order["shipping_address"] | {"city": "Pau", "country": "FR"} == order["shipping_address"]
    assert order["totals"]["gross"] == "2025.00"
    assert "is no e-mail address" in (tmp_path / "commandes-rejects.csv").read_text()
