"""The metadata of billing's tables; beside them stand the tables every service has."""

from sqlalchemy import MetaData

from shared.batch import batch_tables
from shared.outbox import outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()

IMMUTABLE = (
    "documents",
    "papers",
    "blobs",
    "themes",
    "payments",
    "external_invoices",
    "external_voids",
    "closings",
)
"""Tables whose rows are only ever added; a trigger refuses the rest."""

outbox_tables(metadata)
batch_tables(metadata)
shop_tables(metadata)
idempotency_tables(metadata)
