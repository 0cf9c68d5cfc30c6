"""The JSON API of billing, below `/api/v1/billing`, a module a subject: `documents`, `printing`, `themes`, `storage`,
`external`, `payments`, `methods` (and payment links), `payouts`, `provider` (its events), `credit`, `accounting`,
`rates` (of exchange), `reports`.

Orders are named by their code (or id), which billing learns from the order's message: before that they are not found.
Amounts are strings with the currency's decimals. `tools` holds what the routes are made of.
"""

from services.billing.api import (
    accounting,
    credit,
    documents,
    external,
    methods,
    payments,
    payouts,
    printing,
    provider,
    rates,
    reports,
    storage,
    themes,
)
from services.billing.api.tools import Printing, Tools

__all__ = ["UPLOADS", "Printing", "Tools", "routers"]

UPLOADS = external.UPLOADS | payouts.UPLOADS
"""Bodies that may be larger than others, in bytes."""

routers = [
    documents.router,
    printing.router,
    themes.router,
    storage.router,
    external.router,
    payments.router,
    methods.router,
    payouts.router,
    provider.router,
    accounting.router,
    credit.router,
    rates.router,
    reports.router,
]
"""Each holds its whole path, by which traces and logs name a route."""
