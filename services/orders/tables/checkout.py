"""What a shop lets its orders choose: carriers and their tracking pages, shipping methods, pick-up points, own fields.

One row a shop, read with the shop's rules; a shop without a row has none of them and takes any carrier's name.
"""

from sqlalchemy import Column, String, Table

from services.orders.tables.metadata import metadata
from shared.database import Json

checkouts = Table(
    "checkouts",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("carriers", Json(), nullable=False),  # [{name, tracking_url}]
    Column("shipping_methods", Json(), nullable=False),  # [name]
    Column("pickup_points", Json(), nullable=False),  # [{id, name, address, starts, ends}]
    Column("fields", Json(), nullable=False),  # [{name, labels, kind, required, choices}]
)
