"""The API documentation as pages, served from an installed package and from no outside host."""

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from shared.problems import NotFound
from shared.security import open_to_all

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comptoir {service} API</title>
<link rel="stylesheet" href="/docs/{service}/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/docs/{service}/swagger-ui-bundle.js"></script>
<script src="/docs/{service}/start.js"></script></body></html>"""

START = 'SwaggerUIBundle({{ url: "/docs/{service}/openapi.json", dom_id: "#swagger-ui", deepLinking: true }});'


@cache
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
    async def asset(asset: str) -> Response:
        if asset not in ASSETS:
            raise NotFound("No such file.")
        content = (files("fastapi_swagger.resources") / asset).read_bytes()
        return Response(content, media_type=ASSETS[asset], headers={"Cache-Control": "max-age=86400"})

    return router
