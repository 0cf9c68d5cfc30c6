"""What billing's routes are made of, and who may call them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from fastapi.responses import Response

from services.billing.commands.bulk import Names
from services.billing.documents import MEDIA_TYPE
from services.billing.documents.store import Store
from services.billing.documents.typesetters import Typesetters
from services.billing.payments.providers import Providers
from services.billing.queries.printing import Asked, Found, Sheet
from shared.database import Database
from shared.outbox import Outbox
from shared.security import DOCUMENTS, Caller, allow

PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "the PDF"}}
"""`responses=` of a route that gives one."""


class Press(Protocol):
    """Finds what there is to print, and gives its bytes."""

    async def find(self, shop: str, asked: Asked, names: Names) -> Found: ...

    async def bytes_of(self, shop: str, sheet: Sheet) -> bytes: ...

    async def merged(self, shop: str, sheets: Sequence[Sheet]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Printing:
    """What prints, and where PDFs are kept (None: the database); `asked` is called after many were asked for."""

    press: Press
    typesetters: Typesetters
    store: Store | None
    asked: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Tools:
    """The service's database and outbox, its payment providers, and what prints.

    `issued` is called after documents were issued (their PDFs are due), `asked` when a provider is to be called.
    """

    db: Database
    outbox: Outbox
    issued: Callable[[], object]
    asked: Callable[[], object]
    providers: Providers
    printing: Printing


async def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Billing = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow("billing:read"))]
PdfReader = Annotated[Caller, Depends(allow("billing:read", DOCUMENTS))]
"""Whoever reads, and the service that mails documents."""
Writer = Annotated[Caller, Depends(allow("billing:write"))]
Administrator = Annotated[Caller, Depends(allow("admin"))]


def pdf_response(request: Request, content: bytes, name: str, *, kept: bool) -> Response:
    """A PDF, or 304 where the caller has it; `kept`: its bytes are the same for ever."""
    headers = {
        "ETag": f'"{sha256(content).hexdigest()}"',
        "Cache-Control": "private, max-age=31536000, immutable" if kept else "private, no-cache",
        "Content-Disposition": f'inline; filename="{file_name(name)}.pdf"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def file_name(name: str) -> str:
    """A number as a file's name: whatever a header or a file system might take amiss becomes a dash."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in name)
