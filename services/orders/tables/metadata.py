"""What all tables of orders stand on: one `metadata`, with the tables that every service has."""

from decimal import Decimal

from sqlalchemy import MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from shared.batch import batch_tables
from shared.outbox import outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox, answers = outbox_tables(metadata)
guards, parked = batch_tables(metadata)
shops = shop_tables(metadata)
idempotency_keys = idempotency_tables(metadata)


class ExactDecimal(TypeDecorator[Decimal]):
    """A price or a rate, kept as it was written: SQLite has no exact number."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
