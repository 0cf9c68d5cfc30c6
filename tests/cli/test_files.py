"""Files in and out from the command line: the formats that come along, a dry run that asks, a round trip."""

from pathlib import Path

import pytest

from tests.cli.processes import Command, figures, items
from tests.orders.exports import FILES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_formats_are_listed_and_shown_to_be_changed(offline: Command, tmp_path: Path) -> None:
    listed = {item["name"]: item["title"] for item in items(offline("orders", "formats", "list", "--json"))}
    assert listed["shopify"] == "Shopify, orders export (CSV)"
    shown = offline("orders", "formats", "show", "shopify")
    (tmp_path / "mine.yaml").write_text(shown.out.replace("tax_rate: 20", "tax_rate: many"))
    (tmp_path / "orders.csv").write_text(FILES["shopify"]())
    wrong = offline("import", "orders", "orders.csv", "--map", "mine.yaml", "--dry-run")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2,
        "Error: mine.yaml: tax_rate: Input should be a valid decimal.",
    )
    assert offline("orders", "formats", "show", "prestashop").code == 2


@pytest.mark.row("S1-05")
def test_a_dry_run_tells_what_an_import_then_does(comptoir: Command, tmp_path: Path) -> None:
    """CSV import of third-party orders, with per-row errors."""
    (tmp_path / "shopify.csv").write_text(FILES["shopify"](), newline="")
    arguments = ("import", "orders", "shopify.csv", "--format", "shopify", "--json")
    asked = comptoir(*arguments, "--dry-run")
    foreseen = figures(asked, code=3)
    assert foreseen | {"dry_run": True, "orders_created": 2, "orders_known": 0, "rejected": 2, "skipped": 0} == foreseen
    assert foreseen["statuses"] == {"cancelled": 1, "confirmed": 1}
    assert "Rejected: 1 x the quantity 'two' is no whole number" in asked.err
    assert items(comptoir("orders", "list", "--query", "#1001", "--json")) == []
    done = figures(comptoir(*arguments), code=3)
    assert (done["orders_created"], done["orders_known"]) == (2, 0)
    assert figures(comptoir(*arguments, "--dry-run"), code=3)["orders_known"] == 2
    rejects = (tmp_path / "shopify-rejects.csv").read_text()
    mended = rejects.replace(",two,", ",2,")
    (tmp_path / "mended.csv").write_text(mended)
    again = figures(comptoir("import", "orders", "mended.csv", "--format", "shopify", "--json"))
    assert (again["rejected"], again["orders_created"]) == (0, 1)


@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx"])
def test_an_export_comes_back(comptoir: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "ebay.csv").write_text(FILES["ebay"](), newline="", encoding="utf-8-sig")
    figures(comptoir("import", "orders", "ebay.csv", "--format", "ebay", "--json"))
    done = comptoir("orders", "export", name, "--lang", "fr", "--where", "channel=ebay", "--where", "currency=EUR")
    assert (done.code, done.err.startswith(f"Wrote {name} (")) == (0, True), done.err
    assert [one["on_hand"] for one in items(comptoir("stock", "show", "406802886617", "--json"))] == [0]
    back = figures(comptoir("import", "orders", name, "--format", "comptoir", "--json"))
    assert (back["orders"], back["orders_known"], back["orders_created"]) == (1, 1, 0)
    wrong = comptoir("orders", "export", name, "--where", "status=nonsense")
    assert (wrong.code, "no status 'nonsense'" in wrong.err) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ebay.csv", name]
