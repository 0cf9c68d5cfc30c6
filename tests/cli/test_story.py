"""The whole job on the sample, from outside: import, import again, ship, verify."""

from collections import Counter
from pathlib import Path

import pytest

from tests.cli import sample
from tests.cli.processes import Command, figures, items

SAMPLES = Path(__file__).parents[2] / "samples"
IMPORT = ("import", "orders", str(SAMPLES / "online-retail-sample.csv"), "--format", "online-retail")
CHANNELS = ("--channel-map", str(SAMPLES / "channel-map.toml"))
SHIP = ("ship", "--all", "--carrier", "Royal Mail", "--tracking-prefix", "P")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_sample_is_what_its_maker_says() -> None:
    assert (SAMPLES / "online-retail-sample.csv").read_bytes().decode() == sample.text()
    assert (SAMPLES / "channel-map.toml").read_text() == sample.CHANNEL_MAP


def test_the_story_of_the_sample(comptoir: Command, tmp_path: Path) -> None:
    done = comptoir(*IMPORT, *CHANNELS, "--json")
    imported = figures(done, code=3)
    decided = {"taken": 25, "rejected": 4, "credits": 6, "credits_unmatched": 3, "net": "923.54"}
    sent = {"orders_created": 10, "orders_refused": 0, "products_created": 10, "units_received": 211}
    assert imported | decided | sent == imported
    assert "Unmatched credit: C900007, 1 x D, 27.50 GBP (line 19)" in done.err
    assert (tmp_path / "online-retail-sample-rejects.csv").read_text().count("\n") == 5
    credits = (tmp_path / "online-retail-sample-credits.csv").read_text().splitlines()
    matched = [line.split(",") for line in credits if ",credited," in line]
    orders = {order["external_id"]: order for order in items(comptoir("orders", "list", "--json", "--limit", "500"))}
    assert [(cells[1], cells[8], cells[9]) for cells in matched] == [
        ("C900006", "900005", orders["900005"]["code"]),
        ("C900006", "900001", orders["900001"]["code"]),
        ("C900007", "900001", orders["900001"]["code"]),
    ]
    assert {number: orders[number]["channel"] for number in ("900001", "900003", "900005")} == {
        "900001": "web",
        "900003": "amazon",
        "900005": "ebay",
    }
    again = figures(comptoir(*IMPORT, *CHANNELS, "--json"), code=3)
    nothing = {"orders_created": 0, "products_created": 0, "receipts_booked": 0, "units_received": 0}
    assert again | nothing | {"orders_known": 10} == again

    assert comptoir("rates", "set", "GBP", "0.87215", "--source", "BCE").code == 0
    shipped = figures(comptoir(*SHIP, "--from", "main", "--json"))
    assert shipped == {
        "shipped": 10,
        "refused": 0,
        "left_out": 0,
        "unsettled": 0,
        "first_tracking_number": "P000001",
        "last_tracking_number": "P000010",
    }
    [line] = figures(comptoir("orders", "show", orders["900005"]["code"], "--json"))["lines"][:1]
    assert line["locations"] == [{"location": "main", "shipped": line["quantity"], "restocked": 0, "scrapped": 0}]
    assert figures(comptoir(*SHIP, "--json"))["shipped"] == 0
    assert comptoir("doctor").err == "All is settled.\n"
    _every_effect_came_once(comptoir)


def _every_effect_came_once(comptoir: Command) -> None:
    orders = items(comptoir("orders", "list", "--json", "--limit", "500"))
    assert {(order["status"]["type"], order["settled"]) for order in orders} == {("shipped", True)}
    parcels = [parcel["tracking_number"] for order in orders for parcel in order["parcels"]]
    assert sorted(parcels) == [f"P{number:06d}" for number in range(1, len(orders) + 1)]
    invoices = items(comptoir("invoices", "list", "--json", "--limit", "500"))
    assert sorted(invoice["order"] for invoice in invoices) == sorted(order["code"] for order in orders)
    assert comptoir("invoices", "verify").code == 0
    assert comptoir("stock", "verify").code == 0
    deliveries = items(comptoir("deliveries", "list", "--json", "--limit", "1000"))
    assert {delivery["outcome"] for delivery in deliveries} == {"done"}
    per_channel = Counter(delivery["channel"] for delivery in deliveries)
    marketplaces = Counter(order["channel"] for order in orders if order["channel"] != "web")
    assert per_channel == {"mail": len(orders), **marketplaces}
