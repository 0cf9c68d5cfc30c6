"""The main job on real input: a wholesaler's three days of orders, imported, shipped, invoiced, told to everybody."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import Command, figures, items

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CHANNELS = {"amazon": ["536365", "536370", "536381"], "ebay": ["536366", "536373"]}
MANY = "1000"


def test_the_whole_file(comptoir: Command, data_dir: Path, tmp_path: Path) -> None:
    lines = [f"{channel} = {json.dumps(numbers)}" for channel, numbers in CHANNELS.items()]
    (tmp_path / "channels.toml").write_text("\n".join(lines))
    arguments = ("import", "orders", str(data_dir / "online-retail.csv"), "--format", "online-retail")
    imported = figures(comptoir(*arguments, "--channel-map", "channels.toml", "--json"), code=3)
    decided = {"rows": 6521, "taken": 6427, "rejected": 14, "credits": 80, "units": 65950, "net": "127966.47"}
    assert imported | decided | {"orders": 297, "orders_created": 297, "orders_refused": 0} == imported
    again = figures(comptoir(*arguments, "--channel-map", "channels.toml", "--json"), code=3)
    assert again | {"orders_created": 0, "products_created": 0, "receipts_booked": 0} == again

    assert comptoir("rates", "set", "GBP", "0.87215", "--source", "BCE").code == 0
    shipped = figures(
        comptoir("ship", "--all", "--carrier", "Royal Mail", "--tracking-prefix", "P", "--wait", "300", "--json")
    )
    assert shipped | {"shipped": 297, "refused": 0, "left_out": 0, "unsettled": 0} == shipped
    orders = items(comptoir("orders", "list", "--json", "--limit", MANY))
    assert sum(line["quantity"] for order in orders for line in order["lines"]) == 65950
    assert sum(round(100 * float(order["totals"]["net"])) for order in orders) == 12796647
    check_effects(comptoir, orders)


def check_effects(comptoir: Command, orders: list[dict[str, Any]]) -> None:
    """Every order settled with one invoice, one mail and one parcel; stock exact; each marketplace told once."""
    assert {(order["status"]["type"], order["settled"]) for order in orders} == {("shipped", True)}
    stocked = [order for order in orders if any(line["kind"] == "product" for line in order["lines"])]
    assert {order["facts"]["stock"] for order in stocked} == {"committed"}
    assert len({parcel["tracking_number"] for order in orders for parcel in order["parcels"]}) == len(orders) == 297
    invoices = items(comptoir("invoices", "list", "--json", "--limit", MANY))
    assert Counter(invoice["order"] for invoice in invoices) == Counter(order["code"] for order in orders)
    numbers = sorted(int(invoice["number"].rpartition("-")[2]) for invoice in invoices)
    assert numbers == list(range(1, 298))
    assert comptoir("invoices", "verify").code == 0
    assert comptoir("stock", "verify").code == 0
    counters = items(comptoir("stock", "show", "--json", "--limit", "5000"))
    skus = {line["sku"] for order in orders for line in order["lines"] if line["kind"] == "product"}
    stock = {sku["sku"]: (sku["on_hand"], sku["demand"], sku["allocated"]) for sku in counters if sku["sku"] in skus}
    assert set(stock.values()) == {(0, 0, 0)}
    assert stock.keys() == skus
    deliveries = items(comptoir("deliveries", "list", "--json", "--limit", MANY))
    assert Counter((delivery["channel"], delivery["outcome"]) for delivery in deliveries) == {
        ("mail", "done"): 297,
        ("amazon", "done"): len(CHANNELS["amazon"]),
        ("ebay", "done"): len(CHANNELS["ebay"]),
    }
    assert comptoir("doctor").err == "All is settled.\n"
