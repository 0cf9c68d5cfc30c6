"""What must hold at the end of any history, read from each service's own tables and from the mail server.

Transcribed from the status model, independent of the code under test.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from tests.flow.histories.world import CELLAR, OF, World

HOLDING = {
    "received", "awaiting_payment", "confirmed", "processing", "ready", "other", "on_hold", "partially_shipped",
}  # fmt: skip
KEEPS_WHAT_IS_INVOICED = {"on_hold", "draft"}
NOTHING_INVOICED = {"cancelled"}


async def check(world: World, codes: list[str], skus: list[str]) -> None:
    """Assert everything about these orders and SKUs; all are settled."""
    orders = await world.rows("orders", f"SELECT * FROM orders WHERE {OF}", codes=codes)
    lines = await world.rows(
        "orders",
        f"SELECT l.*, o.code, o.type FROM lines l JOIN orders o ON o.id = l.order_id WHERE o.{OF}",
        codes=codes,
    )
    assert len(orders) == len(codes)
    await _stock(world, lines, skus)
    await _money(world, orders, lines)
    await _mails(world, codes)
    await _numbers(world)


async def _stock(world: World, lines: list[dict[str, Any]], skus: list[str]) -> None:
    wanted: Counter[str] = Counter()
    for line in lines:
        left = max(0, line["quantity"] - line["shipped"] + line["restocked"]) if line["type"] in HOLDING else 0
        if line["frozen"] is not None:  # revived with "unshipped": what left once and came back is not taken again
            assert line["restocked"], line
            left = min(left, line["frozen"])
        assert line["hold"] == left, line
        wanted[line["sku"]] += left
    products = await world.rows("inventory", "SELECT * FROM products")
    for product in (product for product in products if product["sku"] in skus):
        sku = product["sku"]
        assert product["demand"] == wanted[sku], (sku, product["demand"], wanted[sku])
        assert product["allocated"] == min(wanted[sku], max(product["on_hand"], 0)), product
        moved = await world.rows("inventory", f"SELECT SUM(quantity) AS moved FROM movements WHERE sku = '{sku}'")
        assert (moved[0]["moved"] or 0) == product["on_hand"], product
        out = sum(line["shipped"] - line["restocked"] + line["scrapped"] for line in lines if line["sku"] == sku)
        received = await world.rows(
            "inventory", f"SELECT SUM(quantity) AS n FROM movements WHERE sku = '{sku}' AND order_id IS NULL"
        )
        assert product["on_hand"] == (received[0]["n"] or 0) - out, product
        await _cellar(world, sku, [line for line in lines if line["sku"] == sku])


async def _cellar(world: World, sku: str, lines: list[dict[str, Any]]) -> None:
    """The cellar has what came back there, and nothing else; what left by name, and perhaps more, left from there."""
    at = f"FROM movements WHERE sku = '{sku}' AND location = '{CELLAR}' GROUP BY reason"
    moved = {
        row["reason"]: row["n"] for row in await world.rows("inventory", f"SELECT reason, SUM(quantity) AS n {at}")
    }
    named = [found for line in lines for found in json.loads(line["locations"])]
    assert moved.get("restock", 0) == sum(restocked for _, _, restocked, _ in named), (sku, moved, named)
    assert -moved.get("scrap", 0) == sum(scrapped for _, _, _, scrapped in named), (sku, moved, named)
    assert -moved.get("shipment", 0) >= sum(shipped for _, shipped, _, _ in named), (sku, moved, named)


async def _money(world: World, orders: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
    """Live documents net of credits cover exactly what the last state says (every unit costs 12.00)."""
    covered: Counter[str] = Counter()
    for order in orders:
        response = await world.request(
            "GET", "/api/v1/billing/documents", params={"order": order["code"], "limit": 200}
        )
        for document in response.json()["items"]:
            sign = -1 if document["kind"] == "credit_note" else 1
            covered[order["code"]] += sign * _minor(document["totals"]["gross"])
    units: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"shipped": 0, "restocked": 0})
    for line in lines:
        for name in ("shipped", "restocked"):
            units[line["code"]][name] += line[name]
    for order in orders:
        code, kind = order["code"], order["type"]
        shipped, restocked = units[code]["shipped"], units[code]["restocked"]
        if kind in KEEPS_WHAT_IS_INVOICED:
            assert 0 <= covered[code] <= shipped * 1200, (order, covered[code])
        elif kind in NOTHING_INVOICED:
            assert covered[code] == 0, (order, covered[code])
        else:
            assert covered[code] == (shipped - restocked) * 1200, (kind, code, covered[code], shipped, restocked)


async def _mails(world: World, codes: list[str]) -> None:
    """One mail per entry that asked for one, and per recipient; no Message-ID twice."""
    asked = await world.rows(
        "orders", f"SELECT e.id FROM entries e JOIN orders o ON o.id = e.order_id WHERE e.mail AND o.{OF}", codes=codes
    )
    sent = [mail for mail in world.mails.received if mail.message["X-Comptoir-Order"] in codes]
    to_client = [mail for mail in sent if mail.recipients == ("zoe@example.org",)]
    assert len(to_client) == len(asked), (len(to_client), len(asked))
    assert len({mail.message_id for mail in sent}) == len(sent)


async def _numbers(world: World) -> None:
    """Invoice and credit note numbers are 1..n in each series and year."""
    documents = await world.rows("billing", "SELECT series, year, n FROM documents ORDER BY series, year, n")
    series: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for document in documents:
        series[document["series"], document["year"]].append(document["n"])
    for name, numbers in series.items():
        assert numbers == list(range(1, len(numbers) + 1)), name


def _minor(amount: str) -> int:
    whole, _, cents = amount.partition(".")
    return int(whole) * 100 + int(cents)
