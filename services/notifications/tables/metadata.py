"""The metadata of notifications' database, and the tables that every service has."""

from sqlalchemy import MetaData

from shared.batch import batch_tables
from shared.outbox import outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()

outbox, answers = outbox_tables(metadata)
guards, parked = batch_tables(metadata)
shops = shop_tables(metadata)
idempotency_keys = idempotency_tables(metadata)
