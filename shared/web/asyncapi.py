"""The messages as an AsyncAPI 3.0 document and a page to read it, made from the contracts and the flow.

Served by orders at `/docs/orders/messages`; `docs/schemas` holds the same schemas as files.
"""

from functools import cache
from html import escape
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from shared.contracts import MESSAGES, Digest, Message
from shared.security import open_to_all
from shared.web.responses import json_response
from shared.web.start import STYLE

TABLE = """
td { padding: .2rem 1rem .2rem 0; vertical-align: top; }
code { font-size: .9em; } h2, p, td { overflow-wrap: break-word; }
@media (max-width: 40rem) { tr, td { display: block; padding: .1rem 0; } }
"""

PUBLISHERS = {"digest.v1": "inventory, billing, notifications"}


@cache
def asyncapi_document(version: str) -> dict[str, Any]:
    """Channels, messages and their schemas; made when first asked for. Addresses' parameters are the routing key's."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    kinds: tuple[type[Message] | type[Digest], ...] = (*MESSAGES, Digest)
    for kind in kinds:
        identifier = kind.name.replace(".", "_")
        publisher = PUBLISHERS.get(kind.name, kind.name.partition(".")[0])
        channels[identifier] = {
            "address": f"{kind.name}.{{shop}}.{{detail}}",
            "description": (kind.__doc__ or "").strip(),
            "parameters": {"shop": {}, "detail": {"description": "`all`, or the one service a re-send is for"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "comptoir", "type": "topic"}}},
            "messages": {identifier: {"contentType": "application/json", "payload": kind.model_json_schema()}},
        }
        operations[f"send_{identifier}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{identifier}"},
            "summary": f"published by {publisher}",
        }
    info = {"title": "Comptoir messages", "version": version}
    return {"asyncapi": "3.0.0", "info": info, "channels": channels, "operations": operations}


@cache
def asyncapi_router(version: str) -> APIRouter:
    """The document and its page."""
    router = APIRouter(prefix="/docs/orders/messages", dependencies=[Depends(open_to_all)], include_in_schema=False)

    @router.get(".json")
    async def asyncapi() -> Response:
        return json_response(asyncapi_document(version))

    @router.get("")
    async def page() -> HTMLResponse:
        return HTMLResponse(_page(asyncapi_document(version)))

    return router


def _page(document: dict[str, Any]) -> str:
    sections = "".join(_section(name, channel) for name, channel in document["channels"].items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comptoir messages</title>
<style>{STYLE}{TABLE}</style>
</head><body><main>
<h1>Messages</h1><p>A message says how a thing now is. <a href="/docs/orders/messages.json">AsyncAPI document</a></p>
{sections}</main></body></html>"""


def _section(name: str, channel: dict[str, Any]) -> str:
    payload = channel["messages"][name]["payload"]
    required = set(payload.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{' *' if field in required else ''}</td>"
        f"<td>{escape(_type(schema))}</td><td>{escape(schema.get('description', ''))}</td></tr>"
        for field, schema in payload["properties"].items()
    )
    address, description = escape(channel["address"]), escape(channel["description"])
    return f"<h2 id={name}><code>{address}</code></h2><p>{description}</p><table>{rows}</table>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", ""))
