"""The JSON API of billing, below `/api/v1/billing`, a module a subject: `documents`, `payments`, `methods` (and
payment links), `payouts`, `provider` (its events).

Orders are named by their code (or id), which billing learns from the order's message: before that they are not found.
Amounts are strings with the currency's decimals. `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.billing.api import documents, methods, payments, payouts, provider
from services.billing.api.tools import Tools

__all__ = ["UPLOADS", "Tools", "router"]

UPLOADS = {"/api/v1/billing/payouts/files": 16 * 1024 * 1024}
"""Bodies that may be larger than others, in bytes."""

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])
for subject in (documents, payments, methods, payouts, provider):
    router.include_router(subject.router)
