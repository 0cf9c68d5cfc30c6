"""The tables of orders: SQLAlchemy Core, the same on PostgreSQL and SQLite.

Written by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from services.orders.tables.account import account_links, account_requests, account_sessions, news, wishes
from services.orders.tables.checkout import checkouts
from services.orders.tables.customer import customer_groups, customer_settings, customer_terms, customers
from services.orders.tables.hearing import hearings, products, progress, resyncs
from services.orders.tables.imports import import_parts, import_rejects, imports
from services.orders.tables.metadata import (
    ExactDecimal,
    answers,
    guards,
    idempotency_keys,
    metadata,
    outbox,
    parked,
    shops,
)
from services.orders.tables.order import applied_rules, entries, lines, order_notes, orders, parcels
from services.orders.tables.promotion import promotion_uses, promotions
from services.orders.tables.search import order_terms
from services.orders.tables.shop import api_keys, shop_settings, statuses
from services.orders.tables.shop_log import shop_log
from services.orders.tables.statistics import counted_orders, counted_shops, turnover
from services.orders.tables.view import views

__all__ = [
    "ExactDecimal",
    "account_links",
    "account_requests",
    "account_sessions",
    "answers",
    "api_keys",
    "applied_rules",
    "checkouts",
    "counted_orders",
    "counted_shops",
    "customer_groups",
    "customer_settings",
    "customer_terms",
    "customers",
    "entries",
    "guards",
    "hearings",
    "idempotency_keys",
    "import_parts",
    "import_rejects",
    "imports",
    "lines",
    "metadata",
    "news",
    "order_notes",
    "order_terms",
    "orders",
    "outbox",
    "parcels",
    "parked",
    "products",
    "progress",
    "promotion_uses",
    "promotions",
    "resyncs",
    "shop_log",
    "shop_settings",
    "shops",
    "statuses",
    "turnover",
    "views",
    "wishes",
]
