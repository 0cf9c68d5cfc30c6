"""`/healthz`, `/readyz`, `/readyz/consumer`, `/metrics`: what Kubernetes, an ingress and Prometheus ask."""

from importlib.metadata import version
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.broker import Bus
from shared.security import open_to_all
from shared.web.responses import json_response


class Checked(Protocol):
    """What health needs of a service."""

    name: str
    bus: Bus

    async def not_ready(self) -> str | None: ...


async def _service(request: Request) -> Checked:
    service: Checked = request.app.state.service
    return service


Service = Annotated[Checked, Depends(_service)]

router = APIRouter(dependencies=[Depends(open_to_all)], include_in_schema=False)
"""Liveness asks the event loop alone; readiness the database; the consumer's readiness the broker too."""


@router.get("/healthz")
async def healthz(service: Service) -> Response:
    return json_response({"status": "ok", "service": service.name, "version": version("comptoir")})


@router.get("/readyz")
async def readyz(service: Service) -> Response:
    return _answer(service.name, await service.not_ready())


@router.get("/readyz/consumer")
async def readyz_consumer(service: Service) -> Response:
    reason = await service.not_ready()
    if reason is None and not service.bus.connected.is_set():
        reason = "the broker is not connected"
    return _answer(service.name, reason)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _answer(service: str, reason: str | None) -> Response:
    if reason is None:
        return json_response({"status": "ready", "service": service})
    return json_response({"status": "waiting", "service": service, "reason": reason}, 503)
