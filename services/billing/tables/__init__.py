"""The tables of billing: series, documents, imported invoices, closings, money, and what is heard of the orders.

What must never be untrue is refused by the database itself: an issued document, its bytes, a payment and a closing are
never changed or taken away (triggers), a number exists once in its series, and only one live invoice stands on a scope
of an order, made here or imported. What changes about a document, its rendering, stands in a table of its own.
Neighbours: `domain` (the rules), `commands` (the only writer), `migrations` (the same tables, made by Alembic).
"""

from services.billing.tables.accounting import (
    account_plans,
    closings,
    exchange_rates,
    sellers,
    series_formats,
    shop_sellers,
)
from services.billing.tables.document import documents, live_invoices, series
from services.billing.tables.external import external_invoices, external_numbers, external_voids
from services.billing.tables.metadata import IMMUTABLE, metadata
from services.billing.tables.money import accounts, payments
from services.billing.tables.payment import (
    charges,
    payment_methods,
    provider_calls,
    provider_events,
    provider_journal,
    refunds,
)
from services.billing.tables.payout import payout_lines, payouts
from services.billing.tables.rendering import blobs, papers, prints, renderings, themes

__all__ = [
    "IMMUTABLE",
    "account_plans",
    "accounts",
    "blobs",
    "charges",
    "closings",
    "documents",
    "exchange_rates",
    "external_invoices",
    "external_numbers",
    "external_voids",
    "live_invoices",
    "metadata",
    "papers",
    "payment_methods",
    "payments",
    "payout_lines",
    "payouts",
    "prints",
    "provider_calls",
    "provider_events",
    "provider_journal",
    "refunds",
    "renderings",
    "sellers",
    "series",
    "series_formats",
    "shop_sellers",
    "themes",
]
