"""One port in front of the four services, as an ingress puts it there: the local stand-in for `make up`.

It streams both ways (uploads, downloads, server-sent events), adds the forwarding headers an ingress adds, and never
tries a request twice: that is the caller's to decide. `/readyz` answers for the whole. A service that is down costs its
own paths alone. Which path goes where is `shared.web.routes`; the process is started by `deploy.local.up`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shared.web.routes import SERVICES, service_for

# The longest silence a service may keep: `Prefer: wait` takes up to 30 s, event streams send a comment every 15 s.
SILENCE_SECONDS = 75.0
READY_SECONDS = 3.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"upgrade")
)
Headers = list[tuple[bytes, bytes]]


class Relayed(StreamingResponse):
    """A service's answer, passed on byte by byte as it comes; the connection ends with whichever side ends first."""

    def __init__(self, upstream: httpx.Response) -> None:
        super().__init__(upstream.aiter_raw(), status_code=upstream.status_code)
        self._upstream = upstream
        # As it came: the body keeps its encoding and length, and a header may stand twice (Set-Cookie).
        self.raw_headers = _end_to_end(upstream.headers.raw)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self._upstream.aclose()


class Gateway:
    """Passes each request on to the service whose path it is; `addresses` are base URLs by service."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._timeout = httpx.Timeout(SILENCE_SECONDS, connect=5.0, pool=5.0)
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=50)
        # trust_env: a proxy for the outside world is not for the services behind this one.
        self._client = httpx.AsyncClient(timeout=self._timeout, limits=limits, trust_env=False)

    async def close(self) -> None:
        """End all connections to the services."""
        await self._client.aclose()

    async def pass_on(self, request: Request) -> Response:
        """The answer of the request's service, or a problem that says why there is none."""
        service = service_for(request.url.path)
        target = httpx.URL(self._addresses[service]).copy_with(raw_path=_raw_target(request))
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        # Not `client.build_request`: that one adds headers which the caller did not send, such as Accept-Encoding.
        outgoing = httpx.Request(
            request.method,
            target,
            headers=_forwarded(request),
            content=request.stream() if has_body else None,
            extensions={"timeout": self._timeout.as_dict()},
        )
        try:
            return Relayed(await self._client.send(outgoing, stream=True))
        except httpx.TimeoutException:
            return _problem(504, "gateway-timeout", "Gateway timeout", f"{service} did not answer in time")
        except httpx.TransportError:
            return _problem(502, "bad-gateway", "Bad gateway", f"{service} cannot be reached")

    async def ready(self, request: Request) -> Response:
        """200 when all four services are ready, else 503; the body says what each of them waits for."""
        reasons = await asyncio.gather(*(self._why_not_ready(service) for service in SERVICES))
        ready = not any(reasons)
        said = {service: reason or "ready" for service, reason in zip(SERVICES, reasons, strict=True)}
        return JSONResponse({"status": "ready" if ready else "waiting", "services": said}, 200 if ready else 503)

    async def _why_not_ready(self, service: str) -> str | None:
        try:
            answer = await self._client.get(f"{self._addresses[service]}/readyz", timeout=READY_SECONDS)
            return None if answer.is_success else str(answer.json().get("reason") or "not ready")
        except (httpx.HTTPError, ValueError) as problem:
            return f"not reachable: {str(problem) or type(problem).__name__}"


def application(addresses: Mapping[str, str]) -> Starlette:
    """The gateway as an ASGI application."""
    gateway = Gateway(addresses)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    everything = Route("/{path:path}", gateway.pass_on, methods=list(METHODS))
    return Starlette(routes=[Route("/readyz", gateway.ready), everything], lifespan=lifespan)


def from_environment() -> Starlette:
    """For `uvicorn --factory`: the addresses stand in `COMPTOIR_UPSTREAM_<SERVICE>`."""
    return application({service: os.environ[f"COMPTOIR_UPSTREAM_{service.upper()}"] for service in SERVICES})


def _raw_target(request: Request) -> bytes:
    """Path and query exactly as they came: an encoded slash in a SKU must arrive as one."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


def _forwarded(request: Request) -> Headers:
    """The request's headers, with what an ingress adds so that a service knows the address its client used."""
    client = request.client.host if request.client else "unknown"
    before = request.headers.get("x-forwarded-for")
    added = {
        b"x-forwarded-for": f"{before}, {client}" if before else client,
        b"x-forwarded-proto": request.url.scheme,
        b"x-forwarded-host": request.headers.get("host", ""),
    }
    kept = [(name, value) for name, value in _end_to_end(request.headers.raw) if name not in added]
    return kept + [(name, value.encode("latin-1")) for name, value in added.items()]


def _end_to_end(headers: Headers) -> Headers:
    return [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP]


def _problem(status: int, slug: str, title: str, detail: str) -> JSONResponse:
    document = {"type": f"urn:comptoir:problem:{slug}", "title": title, "status": status, "detail": detail}
    return JSONResponse(document, status, media_type="application/problem+json")
