"""What is there and who waits for it: counters, movements, counts, the waiting list, discrepancies, the proof."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.inventory.api.access import Inventory, Reader, Tools, Writer
from services.inventory.api.answers import (
    CountAnswer,
    CountBatchAnswer,
    Discrepancies,
    Movement,
    MovementBatchAnswer,
    Movements,
    ReservationAnswer,
    StockAnswer,
    StockRepair,
    Stocks,
    StockVerification,
    TransferAnswer,
    WaitingList,
)
from services.inventory.api.bodies import CountBatch, CountBody, MovementBatch, MovementBody, Place, Sku, TransferBody
from services.inventory.commands.movements import (
    Booked,
    Booking,
    Counted,
    Transfer,
    book_movements,
    count_stock,
    transfer_stock,
)
from services.inventory.commands.repairing import repair
from services.inventory.domain.stock import Reason
from services.inventory.queries import stock
from services.inventory.queries.locations import read_reservation, read_shelves
from services.inventory.queries.verification import verify
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/inventory", tags=["stock"])

SkuParameter = Annotated[Sku, Query()]


@router.post("/movements", status_code=201, response_model=Movement)
async def post_movement(request: Request, caller: Writer, inventory: Inventory, body: MovementBody) -> Response:
    """Book goods that came or went; what came serves the waiting list at once."""

    async def command(tx: Transaction) -> Response:
        booked = await book_movements(tx, caller.shop, caller.actor, [_booking(body)])
        return _booked_response(tx, inventory, booked, stock.movement_view(booked.movements[0]))

    return await once(request, inventory.outbox, caller, command)


@router.post("/movements/batch", status_code=201, response_model=MovementBatchAnswer)
async def post_movements(request: Request, caller: Writer, inventory: Inventory, body: MovementBatch) -> Response:
    """Book up to 500 movements, all or none."""

    async def command(tx: Transaction) -> Response:
        booked = await book_movements(tx, caller.shop, caller.actor, [_booking(item) for item in body.movements])
        return _booked_response(tx, inventory, booked, {"total": len(booked.movements)})

    return await once(request, inventory.outbox, caller, command)


@router.post("/counts", status_code=201, response_model=CountAnswer)
async def post_count(request: Request, caller: Writer, inventory: Inventory, body: CountBody) -> Response:
    """Book what was counted: the difference as a movement (null where there is none). Ends a discrepancy."""

    async def command(tx: Transaction) -> Response:
        booked = await count_stock(tx, caller.shop, caller.actor, [_counted(body)])
        movement = stock.movement_view(booked.movements[0]) if booked.movements else None
        content = {"sku": body.sku, "location": body.location, "on_hand": body.counted, "movement": movement}
        return _booked_response(tx, inventory, booked, content)

    return await once(request, inventory.outbox, caller, command)


@router.post("/counts/batch", status_code=201, response_model=CountBatchAnswer)
async def post_counts(request: Request, caller: Writer, inventory: Inventory, body: CountBatch) -> Response:
    """Book up to 500 counts, all or none; each SKU once per location."""
    places = [(item.sku, item.location) for item in body.counts]
    if len(set(places)) < len(places):
        raise Invalid("A SKU stands in the batch more than once for a location.", field="counts")

    async def command(tx: Transaction) -> Response:
        booked = await count_stock(tx, caller.shop, caller.actor, [_counted(item) for item in body.counts])
        content = {"total": len(body.counts), "booked": len(booked.movements)}
        return _booked_response(tx, inventory, booked, content)

    return await once(request, inventory.outbox, caller, command)


@router.post("/transfers", status_code=201, response_model=TransferAnswer)
async def post_transfer(request: Request, caller: Writer, inventory: Inventory, body: TransferBody) -> Response:
    """Move goods between two locations: two movements, or none. What orders have of them goes along."""
    if body.source == body.target:
        raise Invalid("A transfer goes from one location to another.", field="to")

    async def command(tx: Transaction) -> Response:
        transfer = Transfer(body.sku, body.quantity, body.source, body.target, body.note)
        booked = await transfer_stock(tx, caller.shop, caller.actor, transfer)
        content = {"movements": [stock.movement_view(movement) for movement in booked.movements]}
        return _booked_response(tx, inventory, booked, content)

    return await once(request, inventory.outbox, caller, command)


@router.get("/movements", responses={200: {"model": Movements}})
async def get_movements(
    caller: Reader,
    inventory: Inventory,
    sku: SkuParameter | None = None,
    location: Annotated[Place | None, Query()] = None,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """The ledger, the newest first."""
    key = after_key(after, 1)
    last = key[0] if key else None
    async with inventory.db.read() as conn:
        items, total = await stock.list_movements(conn, caller.shop, limit, last, sku=sku, location=location)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.get("/stock", responses={200: {"model": Stocks}})
async def get_stock_list(
    caller: Reader,
    inventory: Inventory,
    sold_out: bool | None = None,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """The counters of all SKUs, by SKU."""
    key = after_key(after, 1)
    async with inventory.db.read() as conn:
        items, total = await stock.list_stock(conn, caller.shop, limit, key[0] if key else None, sold_out=sold_out)
    return page_of(items, limit, total, _last_sku(items, limit))


@router.get("/stock/{sku:path}", response_model=StockAnswer)
async def get_stock(caller: Reader, inventory: Inventory, sku: Sku) -> Response:
    """The counters of one SKU, also of one that orders name and nobody has made as a product (`known` false)."""
    async with inventory.db.read() as conn:
        row = await stock.find_product(conn, caller.shop, sku)
        if row is None:
            raise NotFound(f"There is no product with the SKU {sku!r}.")
        shelves = await read_shelves(conn, caller.shop, [row])
    return json_response(stock.stock_view(row, shelves[sku]))


@router.get("/reservations/{order}", response_model=ReservationAnswer)
async def get_reservation(caller: Reader, inventory: Inventory, order: str) -> Response:
    """What each stocked line of an order (by its id) holds and has got, and at which locations it is to be taken."""
    async with inventory.db.read() as conn:
        lines = await read_reservation(conn, caller.shop, order)
    if not lines:
        raise NotFound(f"No stocked line of an order {order!r} is known.")
    return json_response({"order": order, "lines": lines})


@router.get("/waiting", responses={200: {"model": WaitingList}})
async def get_waiting(
    caller: Reader, inventory: Inventory, sku: SkuParameter, limit: Limit = 50, after: str | None = None
) -> Page:
    """Who waits for a SKU, the next to be served first."""
    async with inventory.db.read() as conn:
        items, total = await stock.list_waiting(conn, caller.shop, sku, limit, _place(after))
    last = items[limit - 1] if len(items) > limit else None
    return page_of(items, limit, total, [last["since"], last["order"], last["line"]] if last else None)


@router.get("/discrepancies", responses={200: {"model": Discrepancies}})
async def get_discrepancies(caller: Reader, inventory: Inventory, limit: Limit = 50, after: str | None = None) -> Page:
    """SKUs of which more left than was there: to be counted (`POST counts`)."""
    key = after_key(after, 1)
    async with inventory.db.read() as conn:
        items, total = await stock.list_discrepancies(conn, caller.shop, limit, key[0] if key else None)
    return page_of(items, limit, total, _last_sku(items, limit))


@router.get("/verify", response_model=StockVerification)
async def get_verification(caller: Reader, inventory: Inventory) -> Response:
    """Whether ledger, balances, reservations and answers agree; `differences` is empty where they do."""
    async with inventory.db.read() as conn:
        found = await verify(conn, caller.shop)
    return json_response({"ok": not found["differences"], **found})


@router.post("/verify/repair", response_model=StockRepair)
async def post_repair(caller: Writer, inventory: Inventory) -> Response:
    """Make counters, allocations, shelves and answers anew where they differ from the facts, and look again.

    What is left in `differences` are facts that contradict one another (or more than could be repaired at once).
    """
    async with inventory.db.read() as conn:
        wrong = (await verify(conn, caller.shop))["differences"]
    skus = sorted({found["sku"] for found in wrong if "sku" in found})
    orders = sorted({found["order"] for found in wrong if "order" in found})
    async with inventory.outbox.transaction() as tx:
        if await repair(tx, caller.shop, skus, orders):
            tx.after_commit(inventory.wake)
    async with inventory.db.read() as conn:
        left = await verify(conn, caller.shop)
    return json_response({"ok": not left["differences"], "repaired": skus, "answered": orders, **left})


def _booking(body: MovementBody) -> Booking:
    return Booking(body.sku, body.quantity, Reason(body.reason), body.note, body.location)


def _counted(body: CountBody) -> Counted:
    return Counted(body.sku, body.counted, body.note, body.location)


def _booked_response(tx: Transaction, inventory: Tools, booked: Booked, content: dict[str, Any]) -> Response:
    if booked.has_marked:
        tx.after_commit(inventory.wake)
    return json_response(content, 201)


def _last_sku(items: list[dict[str, Any]], limit: int) -> list[Any] | None:
    return [items[limit - 1]["sku"]] if len(items) > limit else None


def _place(after: str | None) -> tuple[datetime, str, int] | None:
    key = after_key(after, 3)
    if key is None:
        return None
    since, order, line = key
    try:
        return (datetime.fromisoformat(since), str(order), int(line))
    except (TypeError, ValueError):
        raise Invalid("'after' is not a value this list returned as 'next'.", field="after") from None
