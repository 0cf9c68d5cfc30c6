"""A service in miniature: the shared tables, one table of its own, and messages to tell it of.

`applied` holds what `converge` saw of each order, so that a test reads from the database what came of its messages.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, Column, MetaData, String, Table, select

from shared.batch import batch_tables
from shared.contracts import Account, InvoiceState, Order, PaymentState
from shared.contracts.shops import LegalIdentity, Shop, ShopKey
from shared.database import Database, Json, UtcDateTime, new_id, upsert
from shared.outbox import Transaction, outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

MOMENT = "2026-03-01T10:00:00Z"

metadata = MetaData()
outbox_tables(metadata)
batch_tables(metadata)
shop_tables(metadata)
idempotency_tables(metadata)
applied = Table(
    "applied",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False, default=1),
)
things = Table(
    "things",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("number", BigInteger),
    Column("at", UtcDateTime()),
    Column("data", Json()),
)


async def create_tables(database: Database) -> None:
    async with database.write() as conn:
        await conn.run_sync(metadata.create_all)


def order(
    version: int = 1, *, id: str | None = None, shop: str = "main", gross: int = 1200, name: str = "Ada"
) -> Order:
    """An order message; its gross amount is what `converge` writes down."""
    return Order.model_validate(
        {
            "shop": shop,
            "version": version,
            "id": id or new_id(),
            "code": "A-1",
            "channel": "web",
            "placed_at": MOMENT,
            "currency": "EUR",
            "prices_include_tax": True,
            "language": "fr",
            "status": {"mnemonic": "new", "type": "received"},
            "levels": {"payable": True, "invoicing": "policy", "marketplace": "none"},
            "customer": {"name": name, "email": "ada@example.invalid"},
            "lines": [],
            "totals": {"net": gross, "tax": 0, "gross": gross},
        }
    )


def account(id: str, *, version: int = 1, heard: int = 1, captured: int = 0, shop: str = "main") -> Account:
    return Account(
        shop=shop,
        version=version,
        id=id,
        heard=heard,
        currency="EUR",
        payment=PaymentState.PAID if captured else PaymentState.UNPAID,
        captured=captured,
        invoice=InvoiceState.NONE,
    )


def shop(name: str = "main", *keys: ShopKey, version: int = 1) -> Shop:
    return Shop.model_validate(
        {
            "shop": name,
            "version": version,
            "title": name.title(),
            "legal": LegalIdentity.model_validate({"name": name, "address": {"country": "FR"}}),
            "mail_from": "shop@example.invalid",
            "keys": keys,
        }
    )


async def converge(tx: Transaction, orders: Sequence[Order]) -> None:
    """Write down what was heard and answer with an account: what billing does, without the rules."""
    rows = [{"id": heard.id, "version": heard.version, "gross": heard.totals.gross, "times": 1} for heard in orders]
    counted = upsert(
        tx.conn,
        applied,
        keys=["id"],
        set_=lambda new: {"version": new.version, "gross": new.gross, "times": applied.c.times + 1},
    )
    await tx.execute(counted, rows)
    for heard in orders:
        tx.answer(account(heard.id, heard=heard.version, captured=int(Decimal(heard.totals.gross)), shop=heard.shop))


async def applied_versions(database: Database) -> dict[str, int]:
    """Order id -> the version `converge` saw last."""
    async with database.read() as conn:
        return {row.id: row.version for row in await conn.execute(select(applied.c.id, applied.c.version))}
