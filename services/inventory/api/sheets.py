"""The whole sheet of a product, and its images: named by their address, or uploaded and kept."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.inventory.api.access import Inventory, Reader, Writer
from services.inventory.api.answers import Image, SheetAnswer
from services.inventory.api.bodies import ImageBody, SheetBody, Sku
from services.inventory.api.products import IfMatch, SkuInPath, edition_of
from services.inventory.commands.sheets import (
    SIGNATURES,
    keep_image,
    link_image,
    media_type_of,
    put_sheet,
    remove_image,
)
from services.inventory.queries.sheets import find_image, find_sheet, image_view
from shared.problems import Invalid, NotFound
from shared.web import json_response

router = APIRouter(prefix="/api/v1/inventory", tags=["sheets"])

SkuParameter = Annotated[Sku, Query()]
_KNOWN: dict[int | str, dict[str, Any]] = {200: {"description": "It was there already", "model": Image}}
_IMAGE: dict[int | str, dict[str, Any]] = {200: {"content": {name: {} for name in SIGNATURES}}}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in SIGNATURES},
    }
}


@router.get("/sheets/{sku:path}", response_model=SheetAnswer)
async def get_sheet(caller: Reader, inventory: Inventory, sku: SkuInPath) -> Response:
    """What is sold, written and shown of a product, and its stock; of a deleted one too, marked so."""
    async with inventory.db.read() as conn:
        sheet = await find_sheet(conn, caller.shop, sku)
    if sheet is None:
        raise NotFound(f"There is no product with the SKU {sku!r}.")
    return json_response(sheet, headers={"ETag": f'"{sheet["version"]}"'})


@router.put("/sheets/{sku:path}", response_model=SheetAnswer)
async def put(
    caller: Writer, inventory: Inventory, sku: SkuInPath, body: SheetBody, if_match: IfMatch = None
) -> Response:
    """Replace the references and the technical sheet; the rest of the product stays as it is."""
    async with inventory.outbox.transaction() as tx:
        key = (caller.shop, sku)
        await put_sheet(tx, key, body.references, body.technical_sheet, edition_of(if_match))
    return await get_sheet(caller, inventory, sku)


@router.post("/images/link", status_code=201, responses=_KNOWN, response_model=Image)
async def post_link(caller: Writer, inventory: Inventory, sku: SkuParameter, body: ImageBody) -> Response:
    """Show an image from its address. The same address again is the same image (200)."""
    async with inventory.outbox.transaction() as tx:
        image, is_new = await link_image(tx, (caller.shop, sku), body.url)
    return json_response(image_view(image, body.url, None), 201 if is_new else 200)


@router.post("/images", status_code=201, responses=_KNOWN, openapi_extra=_UPLOAD, response_model=Image)
async def post_image(request: Request, caller: Writer, inventory: Inventory, sku: SkuParameter) -> Response:
    """Keep an uploaded image: PNG, JPEG, GIF or WebP by its content. The same again is the same image (200)."""
    content = await request.body()
    media_type = media_type_of(content)
    if media_type is None:
        raise Invalid("The body is no PNG, JPEG, GIF or WebP image.", field="body")
    async with inventory.outbox.transaction() as tx:
        image, is_new = await keep_image(tx, (caller.shop, sku), content, media_type)
    return json_response(image_view(image, None, hashlib.sha256(content).hexdigest()), 201 if is_new else 200)


@router.get("/images/{image}", response_class=Response, responses=_IMAGE)
async def get_image(caller: Reader, inventory: Inventory, image: str) -> Response:
    """The content of a kept image."""
    async with inventory.db.read() as conn:
        found = await find_image(conn, caller.shop, image)
    if found is None:
        raise NotFound(f"There is no kept image {image!r}.")
    headers = {"ETag": f'"{found.sha256}"', "X-Content-Type-Options": "nosniff"}
    return Response(found.content, 200, headers, media_type=found.media_type)


@router.delete("/images/{image}", status_code=204)
async def delete_image(caller: Writer, inventory: Inventory, image: str) -> Response:
    """Take an image away."""
    async with inventory.outbox.transaction() as tx:
        await remove_image(tx, caller.shop, image)
    return Response(status_code=204)
