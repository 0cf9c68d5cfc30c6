"""The API documentation as pages, served from an installed package and from no outside host."""

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse
from swagger_ui_bundle import swagger_ui_path

from shared.problems import NotFound
from shared.security import open_to_all

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comptoir {service} API</title>
<link rel="stylesheet" href="/docs/{service}/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/docs/{service}/swagger-ui-bundle.js"></script>
<script src="/docs/{service}/start.js"></script></body></html>"""

START = """fetch("/docs/{service}/openapi.json").then((answer) => answer.json()).then((document) =>
  SwaggerUIBundle({{ spec: {{ ...document, openapi: "3.0.3" }}, dom_id: "#swagger-ui", deepLinking: true }}));"""
"""The packaged Swagger UI (4.15) refuses OpenAPI 3.1 by its number alone, and shows what we use of it under another."""


def documentation_router(service: str) -> APIRouter:
    """`/docs/<service>`: Swagger UI on the service's OpenAPI document."""
    router = APIRouter(prefix=f"/docs/{service}", dependencies=[Depends(open_to_all)], include_in_schema=False)

    @router.get("")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE.format(service=service))

    @router.get("/start.js")
    async def start() -> HTMLResponse:
        return HTMLResponse(START.format(service=service), media_type="text/javascript")

    @router.get("/{asset}")
    async def asset(asset: str) -> FileResponse:
        if asset not in ASSETS:
            raise NotFound("No such file.")
        return FileResponse(f"{swagger_ui_path}/{asset}", media_type=ASSETS[asset])

    return router
