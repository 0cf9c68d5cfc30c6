"""Everything orders holds of one person, as one document: the record, the client space, each order with its history.

What other services hold of the orders (mails, documents) stands in the orders' timelines.
"""

from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.customers import CustomerRecord, customer_document
from services.orders.queries.documents import moment, order_document
from services.orders.queries.hearings import find_reservations
from services.orders.queries.log import order_log, order_notes_of
from services.orders.queries.records import OrderRecord, complete, record_of
from services.orders.queries.timeline import order_timeline
from services.orders.tables import account_links, account_sessions, orders, wishes


async def export_customer(conn: AsyncConnection, client: CustomerRecord) -> dict[str, Any]:
    """The whole of it; hashes of links and sessions are nobody's data and stay out."""
    statement = select(*orders.c).where(orders.c.customer_id == client.id).order_by(orders.c.placed_at, orders.c.id)
    records = await complete(conn, [record_of(row) for row in await conn.execute(statement)])
    reserved = await find_reservations(conn, [record.id for record in records])
    return {
        "customer": customer_document(client),
        "wishes": await _rows(conn, wishes, client, ("sku", "added_at")),
        "links": await _rows(conn, account_links, client, ("created_at", "expires_at", "used_at")),
        "sessions": await _rows(conn, account_sessions, client, ("created_at", "expires_at")),
        "orders": [
            order_document(record, reserved.get(record.id)) | await _history(conn, record) for record in records
        ],
    }


async def _history(conn: AsyncConnection, record: OrderRecord) -> dict[str, Any]:
    return {
        "deleted": record.deleted_at is not None,
        "timeline": await order_timeline(conn, record),
        "log": await order_log(conn, record),
        "notes": await order_notes_of(conn, record),
    }


async def _rows(
    conn: AsyncConnection, table: Table, client: CustomerRecord, columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    first = table.c[columns[0]]
    statement = select(*(table.c[name] for name in columns)).where(table.c.customer_id == client.id).order_by(first)
    return [{name: _written(value) for name, value in row._mapping.items()} for row in await conn.execute(statement)]


def _written(value: Any) -> Any:
    return moment(value) if hasattr(value, "astimezone") else value
