"""Where the shop keeps its stock: the locations, in the order in which they serve."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.inventory.api.access import Inventory, Reader, Writer
from services.inventory.api.answers import LocationAnswer, Locations
from services.inventory.api.bodies import LocationBody, Place
from services.inventory.commands.locations import close_location, put_location
from services.inventory.domain.places import Location
from services.inventory.queries.locations import location_view, read_locations
from shared.problems import NotFound
from shared.web import json_response

router = APIRouter(prefix="/api/v1/inventory/locations", tags=["locations"])

Code = Annotated[Place, Path(description="lower-case letters, digits and hyphens; `main` is the default location")]


@router.get("", responses={200: {"model": Locations}})
async def get_locations(caller: Reader, inventory: Inventory) -> dict[str, list[dict[str, Any]]]:
    """All locations, the first to serve first; `main` is there from the beginning."""
    async with inventory.db.read() as conn:
        found = (await read_locations(conn, [caller.shop]))[caller.shop]
    return {"items": [location_view(at) for at in found]}


@router.get("/{code}", response_model=LocationAnswer)
async def get_location(caller: Reader, inventory: Inventory, code: Code) -> Response:
    """One location; a closed one too, marked so."""
    async with inventory.db.read() as conn:
        found = (await read_locations(conn, [caller.shop]))[caller.shop]
    at = next((at for at in found if at.code == code), None)
    if at is None:
        raise NotFound(f"There is no location {code!r}.")
    return json_response(location_view(at))


@router.put("/{code}", response_model=LocationAnswer)
async def put(caller: Writer, inventory: Inventory, code: Code, body: LocationBody) -> Response:
    """Open a location, change it, or reopen a closed one. What is allocated stays where it is."""
    at = Location(code, body.name, body.priority, body.takes_returns)
    async with inventory.outbox.transaction() as tx:
        await put_location(tx, caller.shop, at)
    return json_response(location_view(at))


@router.delete("/{code}", status_code=204)
async def remove_location(caller: Writer, inventory: Inventory, code: Code) -> Response:
    """Close a location where nothing is on hand; the ledger keeps its name."""
    async with inventory.outbox.transaction() as tx:
        await close_location(tx, caller.shop, code)
    return Response(status_code=204)
