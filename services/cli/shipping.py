"""`comptoir ship --all`: every order that waits for nothing but a parcel gets one, with a tracking number of its own.

An order waits for shipment when its status is an open one that may be shipped and all it still has to send is
allocated. Numbers go on after the greatest that the shop has used with the prefix, so a run that was interrupted is
simply run again.
"""

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from services.cli.client import Api, Refused
from services.cli.errors import Exit
from services.cli.output import note, progress, show_fields, show_json
from services.cli.places import From, check_locations
from services.cli.session import api_of, tell_trace

ORDERS = "/api/v1/orders"
WAITING = ("received", "confirmed", "processing", "ready", "other", "partially_shipped")
"""Not drafts, not what is on hold, not what is still to be paid."""
SENT = ("partially_shipped", "shipped", "delivered", "completed", "closed", "returned", "refunded")
SHIPPED = "shipped"
AT_ONCE = 8
POLL_SECONDS = 0.5
SHOWN = 20


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """An order with something left to send; `is_allocated`: all of it lies reserved."""

    placed_at: str
    id: str
    code: str
    version: int
    is_allocated: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one order; `problem` says why it was not shipped."""

    code: str
    problem: str | None = None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ship")(ship)


def ship(
    context: typer.Context,
    carrier: Annotated[str, typer.Option(help="Who takes the parcels.")],
    tracking_prefix: Annotated[str, typer.Option(help="Each parcel gets this and a number of six digits.")],
    everything: Annotated[bool, typer.Option("--all", help="All that waits; said, so that nobody ships by chance.")],
    source: From = None,
    include_short: Annotated[bool, typer.Option("--include-short", help="Also what is not allocated in full.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait, before and after, until all is settled.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Ship every order that waits for its parcel, and wait until what follows is done.

    Exit code 3: an order was refused, or something is not settled yet.
    """
    if not everything:
        raise typer.BadParameter("say --all", param_hint="--all")
    api = api_of(context)
    check_locations(api, [source])
    wait_until_settled(api, wait, WAITING)  # inventory may not have answered what was just imported
    found = sorted(waiting(api))
    orders = [order for order in found if include_short or order.is_allocated]
    number = greatest_number(api, tracking_prefix) + 1 if orders else 1
    parcels = [(order, f"{tracking_prefix}{place:06d}") for place, order in enumerate(orders, number)]
    results = _ship_all(api, carrier, parcels, source)
    refused = [result for result in results if result.problem]
    unsettled = wait_until_settled(api, wait)
    figures = {
        "shipped": len(results) - len(refused),
        "refused": len(refused),
        "left_out": len(found) - len(orders),
        "unsettled": unsettled,
        "first_tracking_number": parcels[0][1] if parcels else None,
        "last_tracking_number": parcels[-1][1] if parcels else None,
    }
    if as_json:
        show_json(figures)
    else:
        show_fields({name.replace("_", " "): value for name, value in figures.items() if value is not None})
    for result in refused[:SHOWN]:
        note(f"{result.code}: {result.problem}")
    tell_trace(api)
    if refused or unsettled:
        raise typer.Exit(Exit.PARTIAL)


def waiting(api: Api) -> Iterator[Waiting]:
    """The orders that may be shipped and have something left to send."""
    for kind in WAITING:
        for order in api.pages(ORDERS, type=kind):
            missing = [line for line in order["lines"] if _left(line)]
            if missing:
                needs_stock = any(line["kind"] == "product" for line in missing)
                is_allocated = not needs_stock or order["facts"]["stock"] == "reserved"
                yield Waiting(order["placed_at"], order["id"], order["code"], order["version"], is_allocated)


def _left(line: dict[str, Any]) -> int:
    """How many units of a line are still to be sent."""
    return int(line["quantity"]) - int(line["shipped"]) + int(line["restocked"])


def _ship_all(api: Api, carrier: str, parcels: Sequence[tuple[Waiting, str]], source: str | None) -> list[Result]:
    """Ship them, a few at once; Ctrl-C and a service that does not answer end it after those that are on their way."""
    with progress("Shipping", len(parcels)) as counter, ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(ship_order, api, order, carrier, number, source) for order, number in parcels]
        results = []
        try:
            for done in as_completed(running):
                results.append(done.result())
                counter.advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return results


def ship_order(api: Api, order: Waiting, carrier: str, tracking_number: str, source: str | None) -> Result:
    """Send the rest of one order; a refusal is told, anything else that goes wrong raises `CliError`."""
    shipment = {"carrier": carrier, "tracking_number": tracking_number} | ({"location": source} if source else {})
    body = {"status": SHIPPED, "shipment": shipment}
    key = hashlib.sha256(f"{order.id}/{order.version}/{tracking_number}".encode()).hexdigest()
    try:
        api.post(f"{ORDERS}/{order.code}/status", body, key=f"ship-{key}")
    except Refused as refusal:
        return Result(order.code, refusal.cause)
    return Result(order.code)


def greatest_number(api: Api, prefix: str) -> int:
    """The greatest number that a parcel of the shop has behind the prefix; 0 where there is none."""
    own = re.compile(re.escape(prefix) + r"([0-9]+)", re.ASCII)
    greatest = 0
    for kind in SENT:
        for order in api.pages(ORDERS, type=kind):
            for parcel in order["parcels"]:
                if found := own.fullmatch(parcel["tracking_number"] or ""):
                    greatest = max(greatest, int(found[1]))
    return greatest


def wait_until_settled(api: Api, seconds: float, kinds: Sequence[str | None] = (None,)) -> int:
    """Wait until every order (of these types) is settled, at most so long; how many are not."""
    deadline = time.monotonic() + seconds
    while True:
        unsettled = sum(int(api.get(f"{ORDERS}/counts", settled=False, type=kind)["total"]) for kind in kinds)
        if unsettled == 0 or time.monotonic() >= deadline:
            return unsettled
        time.sleep(POLL_SECONDS)
