"""Orders in files: an import of Shopify's own columns as the back office does it, and the export of everything.

The import is a job over HTTP: read, decide, create, publish. The floor reads the same file with `csv` and writes the
same number of orders and lines with asyncpg, a transaction per 100 orders; it checks nothing and tells nobody.
"""

import asyncio
import csv
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import httpx

from deploy.local.postgres import Postgres
from tests.bench.installation import KEY, POLL_SECONDS, Installation
from tests.eventually import eventually
from tests.orders.exports import SHOPIFY, written

ORDERS = 5000
TOGETHER = 100
REQUEST_SECONDS = 600.0
FLOOR_TABLES = """
CREATE TABLE orders (id text PRIMARY KEY, email text, placed_at text, total text, body text);
CREATE TABLE lines (order_id text, n int, sku text, name text, quantity int, price text, PRIMARY KEY (order_id, n));
"""


@dataclass(frozen=True, slots=True)
class Transferred:
    """Orders taken over and written out: seconds, the floor's, and the memory that orders needed beyond rest."""

    orders: int
    import_seconds: float
    floor_seconds: float
    import_mb: float
    exported_rows: int
    export_seconds: float
    export_mb: float


async def measure(house: Installation, postgres: Postgres) -> Transferred:
    """Both ways, on one process of orders (`Installation.join`)."""
    content = shopify_export(ORDERS)
    headers = {"Authorization": f"Bearer {KEY}"}
    url = house.processes["orders"].url
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=REQUEST_SECONDS) as client:
        since = time.perf_counter()
        import_mb = await _memory(house, lambda: _import(client, content))
        import_seconds = time.perf_counter() - since
        await house.settled()
        rows = 0

        async def export() -> None:
            nonlocal rows
            async with client.stream(
                "GET", "/api/v1/orders/export", params={"format": "csv", "rows": "lines"}
            ) as answer:
                answer.raise_for_status()
                async for chunk in answer.aiter_bytes():
                    rows += chunk.count(b"\n")

        since = time.perf_counter()
        export_mb = await _memory(house, export)
        export_seconds = time.perf_counter() - since
    floor = await _floor(postgres, content)
    return Transferred(ORDERS, import_seconds, floor, import_mb, rows - 1, export_seconds, export_mb)


def shopify_export(count: int) -> bytes:
    """So many paid orders of two items and postage, in Shopify's columns."""
    rows = []
    for number in range(count):
        order = {"Name": f"#{number}", "Currency": "EUR", "Financial Status": "paid"}
        order |= {"Email": f"client{number % 1000}@example.org", "Billing Name": f"Client {number % 1000}"}
        order |= {"Subtotal": "50.00", "Shipping": "4.90", "Total": "54.90", "Discount Amount": "0.00"}
        order |= {"Created at": "2026-03-02 09:15:00 +0100", "Shipping Method": "Colissimo", "Source": "web"}
        for part in ("Billing", "Shipping"):
            order |= {f"{part} Name": f"Client {number % 1000}", f"{part} Address1": "3 rue des Vignes"}
            order |= {f"{part} City": "Bordeaux", f"{part} Zip": "33000", f"{part} Country": "FR"}
        wine = {"Lineitem name": "Médoc 2019", "Lineitem sku": f"BX-{number % 40}", "Lineitem price": "18.50"}
        card = {"Lineitem name": "Carte", "Lineitem sku": f"CARD-{number % 7}", "Lineitem price": "13.00"}
        rows += [order | wine | {"Lineitem quantity": "2"}, {"Name": f"#{number}"} | card | {"Lineitem quantity": "1"}]
    return written(SHOPIFY, rows).encode()


async def _import(client: httpx.AsyncClient, content: bytes) -> None:
    """Send the file, and wait until the job says that it is done."""
    sent = await client.post(
        "/api/v1/orders/imports", files={"file": ("shopify.csv", content)}, data={"format": "shopify"}
    )
    sent.raise_for_status()
    address = f"/api/v1/orders/imports/{sent.json()['id']}"

    async def done() -> bool:
        job = (await client.get(address)).json()
        if job["state"] == "failed":
            raise RuntimeError(str(job))
        return bool(job["state"] == "done" and job["counts"]["created"] == ORDERS)

    await eventually(done, seconds=REQUEST_SECONDS, every=POLL_SECONDS)


async def _memory(house: Installation, work: Callable[[], Awaitable[None]]) -> float:
    """The most memory that orders had while this was done, beyond what it had before."""
    process = house.processes["orders"]
    before = most = process.rss_mb
    task = asyncio.ensure_future(work())
    while not task.done():
        most = max(most, process.rss_mb)
        await asyncio.wait([task], timeout=POLL_SECONDS)
    await task
    return most - before


async def _floor(postgres: Postgres, content: bytes) -> float:
    """Seconds for the same file in raw SQL."""
    await postgres.create_database("floor_files")
    conn = await asyncpg.connect(postgres.url("floor_files", driver="postgresql"))
    try:
        await conn.execute(FLOOR_TABLES)
        since = time.perf_counter()
        orders: dict[str, list[dict[str, str]]] = {}
        for row in csv.DictReader(io.StringIO(content.decode())):
            orders.setdefault(row["Name"], []).append(row)
        names = list(orders)
        for begin in range(0, len(names), TOGETHER):
            some = [(name, orders[name]) for name in names[begin : begin + TOGETHER]]
            async with conn.transaction():
                heads = [
                    (name, own[0]["Email"], own[0]["Created at"], own[0]["Total"], str(own[0])) for name, own in some
                ]
                await conn.executemany("INSERT INTO orders VALUES ($1, $2, $3, $4, $5)", heads)
                parts = [
                    (
                        name,
                        n,
                        row["Lineitem sku"],
                        row["Lineitem name"],
                        int(row["Lineitem quantity"]),
                        row["Lineitem price"],
                    )
                    for name, own in some
                    for n, row in enumerate(own)
                ]
                await conn.executemany("INSERT INTO lines VALUES ($1, $2, $3, $4, $5, $6)", parts)
        return time.perf_counter() - since
    finally:
        await conn.close()
