"""What billing's routes are made of, and who may call them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.billing.payments.providers import Providers
from shared.database import Database
from shared.outbox import Outbox
from shared.security import Caller, allow


@dataclass(frozen=True, slots=True)
class Tools:
    """The service's database, outbox and payment providers.

    `issued` is called after documents were issued (their PDFs are due), `asked` when a provider is to be called.
    """

    db: Database
    outbox: Outbox
    issued: Callable[[], object]
    asked: Callable[[], object]
    providers: Providers


def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Billing = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow("billing:read"))]
Writer = Annotated[Caller, Depends(allow("billing:write"))]
Administrator = Annotated[Caller, Depends(allow("admin"))]
