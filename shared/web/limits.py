"""How large a request may be."""

import re
from collections.abc import Mapping

from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.responses import problem_document, problem_response

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request's body; an import sends its rows in pieces."""


def too_large(limit: int = BODY_LIMIT) -> Response:
    """The answer to it."""
    detail = f"A request's body may have {limit} bytes."
    return problem_response(problem_document(413, "too-large", "The request is too large", detail))


class TooLarge(HTTPException):
    """The body went beyond the limit while it was being read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


class BodyLimit:
    """Refuses a body over the limit before it is read into memory, whether or not its length was announced.

    `uploads` gives other limits, by path (`{name}` stands for one segment), to routes that take files.
    """

    def __init__(self, app: ASGIApp, uploads: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.uploads = [(_pattern(path), limit) for path, limit in (uploads or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        limit = next((limit for path, limit in self.uploads if path.fullmatch(scope["path"])), BODY_LIMIT)
        if not length.isdigit() or int(length) > limit:
            await too_large(limit)(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise TooLarge(limit)
            return message

        await self.app(scope, limited, send)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"{\w+}", path)))
