"""What the routes about webhooks and push work with, and who may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from services.notifications.channels.outward import Outward
from services.notifications.channels.seals import Seals
from services.notifications.commands.push import Signing
from shared.outbox import Outbox
from shared.security import Caller, allow


@dataclass(frozen=True, slots=True)
class Receivers:
    """The service's tools; `wake` starts the worker, `loopback` allows addresses of this machine.

    `subject` is whom a push service may turn to.
    """

    outbox: Outbox
    seals: Seals
    signing: Signing
    outward: Outward
    loopback: bool
    wake: Callable[[], object]
    subject: str


async def _receivers(request: Request) -> Receivers:
    receivers: Receivers = request.app.state.receivers
    return receivers


Tools = Annotated[Receivers, Depends(_receivers)]
Reader = Annotated[Caller, Depends(allow("notifications:read"))]
Writer = Annotated[Caller, Depends(allow("notifications:write"))]
Id = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]
