"""Imports of files over the API: what was asked, how far it is, the file in pieces until it is done, its rejects."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

COUNTS = ("rows", "orders", "done", "created", "known", "refused", "rejected", "skipped")

imports = Table(
    "imports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("actor", String(100), nullable=False),  # the key that asked
    Column("file", String(200), nullable=False),  # its name
    Column("format", String(60), nullable=False),
    Column("mapping", Text, nullable=False),  # as it was then, so that a restart reads the file the same way
    Column("dry_run", Boolean, nullable=False),
    Column("state", String(20), nullable=False),  # receiving, waiting, running, done, failed, cancelled
    Column("size", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),  # done: orders dealt with, in the file's order
    Column("columns", Json(), nullable=False),  # of the file, for its rejects
    Column("statuses", Json(), nullable=False, server_default="{}"),  # how many orders the file gives each
    Column("error", Text),  # why the file cannot be read
    Column("created_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime()),
    Column("leased_until", UtcDateTime()),  # a worker is at it
    Index("ix_imports_shop", "shop", "id"),
    Index("ix_imports_state", "state"),
)

import_parts = Table(
    "import_parts",
    metadata,
    Column("import_id", String(36), ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

import_rejects = Table(
    "import_rejects",
    metadata,
    Column("import_id", String(36), ForeignKey("imports.id"), primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("cells", Json(), nullable=False),  # in the order of the file's columns
)
