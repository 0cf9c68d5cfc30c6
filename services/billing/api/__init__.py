"""The JSON API of billing, below `/api/v1/billing`, a module a subject: `documents`, `printing`, `themes`, `storage`,
`external`, `payments`, `credit`, `accounting`, `reports`.

Orders are named by their code (or id), which billing learns from the order's message: before that they are not found.
Amounts are strings with the currency's decimals. `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.billing.api import (
    accounting,
    credit,
    documents,
    external,
    payments,
    printing,
    reports,
    storage,
    themes,
)
from services.billing.api.external import UPLOADS
from services.billing.api.tools import Tools

__all__ = ["UPLOADS", "Tools", "router"]

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])
for subject in (documents, printing, themes, storage, external, payments, accounting, credit, reports):
    router.include_router(subject.router)
