"""The document and the page of all messages: they say what the checked-in schemas say."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.contracts import MESSAGES
from shared.web.asyncapi import asyncapi_router

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
PAGE = "/docs/orders/messages"


@pytest.fixture
async def reader() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(asyncapi_router("1.2.3"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://orders") as client:
        yield client


async def test_document_has_the_schema_of_every_message(reader: httpx.AsyncClient) -> None:
    document = (await reader.get(f"{PAGE}.json")).json()
    assert document["info"] == {"title": "Comptoir messages", "version": "1.2.3"}
    for kind in MESSAGES:
        name = kind.name.replace(".", "_")
        channel = document["channels"][name]
        assert channel["address"].startswith(f"{kind.name}.")
        payload = json.loads((SCHEMAS / f"{kind.name}.json").read_text())
        assert channel["messages"][name]["payload"]["properties"] == payload["properties"]
        assert document["operations"][f"send_{name}"]["channel"] == {"$ref": f"#/channels/{name}"}


async def test_page_names_every_field(reader: httpx.AsyncClient) -> None:
    page = (await reader.get(PAGE)).text
    for kind in MESSAGES:
        for field in kind.model_fields:
            assert f"<code>{field}</code>" in page
