"""Who may ask, and what the endpoints work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.database import Database
from shared.outbox import Outbox
from shared.security import Caller, allow


@dataclass(frozen=True, slots=True)
class Tools:
    """The service's database and outbox; `wake` is called where orders were served and wait for their answer."""

    db: Database
    outbox: Outbox
    wake: Callable[[], object]


async def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Inventory = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow("inventory:read"))]
Writer = Annotated[Caller, Depends(allow("inventory:write"))]
