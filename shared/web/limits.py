"""How large a request may be."""

from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.responses import problem_document, problem_response

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request's body; an import sends its rows in pieces."""


def too_large() -> Response:
    """The answer to it."""
    detail = f"A request's body may have {BODY_LIMIT} bytes."
    return problem_response(problem_document(413, "too-large", "The request is too large", detail))


class BodyLimit:
    """Refuses a body over the limit before it is read into memory, whether or not its length was announced."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            await too_large()(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_LIMIT:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)
