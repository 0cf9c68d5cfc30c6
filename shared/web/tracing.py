"""A span for every request that may change something: the root of the trace that ends with the last effect."""

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observability import span

QUIET = ("/healthz", "/readyz", "/metrics")


class TracedRequests:
    """Continues the caller's `traceparent` and answers with the trace's id in `Comptoir-Trace`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self.app(scope, receive, send)
            return
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with span(f"{scope['method']} request", parent=parent, kind=SpanKind.SERVER) as current:
            trace_id = f"{current.get_span_context().trace_id:032x}".encode()

            async def traced(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                    # The template, never the path: a public page's path holds a secret.
                    current.set_attribute("http.route", getattr(scope.get("route"), "path", ""))
                    message["headers"] = [*message["headers"], (b"comptoir-trace", trace_id)]
                await send(message)

            await self.app(scope, receive, traced)
