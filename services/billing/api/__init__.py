"""The JSON API of billing, below `/api/v1/billing`, a module a subject: `documents`, `printing`, `themes`, `storage`,
`external`, `payments`, `methods` (and payment links), `payouts`, `provider` (its events), `credit`, `accounting`,
`rates` (of exchange), `reports`.

Orders are named by their code (or id), which billing learns from the order's message: before that they are not found.
Amounts are strings with the currency's decimals. `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

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

__all__ = ["UPLOADS", "Printing", "Tools", "router"]

UPLOADS = external.UPLOADS | payouts.UPLOADS
"""Bodies that may be larger than others, in bytes."""

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])
SUBJECTS = (
    documents,
    printing,
    themes,
    storage,
    external,
    payments,
    methods,
    payouts,
    provider,
    accounting,
    credit,
    rates,
    reports,
)
for subject in SUBJECTS:
    router.include_router(subject.router)
