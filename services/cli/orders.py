"""`comptoir orders`: look at orders, create them, change their status."""

import json
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import segment
from services.cli.errors import CliError, Exit
from services.cli.exporting import export_orders
from services.cli.formats import formats_app
from services.cli.output import show_fields, show_items, show_json, show_table
from services.cli.places import From, To, check_locations, quantities, returned
from services.cli.session import api_of, tell_trace

orders_app = typer.Typer(help="Orders.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Code = Annotated[str, typer.Argument(help="The order's code, however typed.")]
ORDERS = "/api/v1/orders"
COLUMNS = {
    "code": "code",
    "placed at": "placed_at",
    "channel": "channel",
    "customer": "customer.name",
    "status": "status.mnemonic",
    "payment": "facts.payment",
    "stock": "facts.stock",
    "invoice": "facts.invoice",
    "gross": "totals.gross",
    "currency": "currency",
    "settled": "settled",
}
LINE_COLUMNS = ("id", "sku", "name", "quantity", "hold", "allocated", "shipped", "restocked", "scrapped", "gross")
ENTRY_COLUMNS = {"at": "at", "kind": "kind", "actor": "actor", "status": "status.mnemonic", "text": "text"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    orders_app.command("export")(export_orders)
    orders_app.add_typer(formats_app, name="formats")
    app.add_typer(orders_app, name="orders")


@orders_app.command("list")
def list_orders(
    context: typer.Context,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Code, name, e-mail, number, SKU …")] = None,
    status: Annotated[str | None, typer.Option(help="A status's mnemonic.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="A status's type.")] = None,
    channel: Annotated[str | None, typer.Option(help="web, manual, amazon, ebay.")] = None,
    payment: Annotated[str | None, typer.Option(help="unpaid, paid …")] = None,
    stock: Annotated[str | None, typer.Option(help="none, reserved, partly, short, committed.")] = None,
    invoice: Annotated[str | None, typer.Option(help="none, issued, credited …")] = None,
    settled: Annotated[bool | None, typer.Option("--settled/--unsettled", help="Dealt with by all services.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    as_json: Json = False,
) -> None:
    """The orders of the shop, the newest first."""
    filters = {
        "q": query, "status": status, "type": kind, "channel": channel,
        "payment": payment, "stock": stock, "invoice": invoice, "settled": settled,
    }  # fmt: skip
    items = api_of(context).pages(ORDERS, limit=limit, **filters)
    show_items(items, COLUMNS, as_json=as_json, empty="There is no such order.")


@orders_app.command("show")
def show_order(
    context: typer.Context,
    code: Code,
    timeline: Annotated[bool, typer.Option("--timeline", help="Its whole history instead.")] = False,
    as_json: Json = False,
) -> None:
    """One order."""
    api = api_of(context)
    path = f"{ORDERS}/{segment(code)}"
    if timeline:
        items = api.get(f"{path}/timeline")["items"]
        show_items(items, ENTRY_COLUMNS, as_json=as_json, empty="Nothing has happened yet.")
        return
    _show(api.get(path), as_json=as_json)


@orders_app.command("create")
def create_order(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The order as the API takes it, in JSON; - reads stdin.")],
    wait: Annotated[int | None, typer.Option(min=1, max=30, help="Seconds to wait for the stock's answer.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key: the same one creates no second order.")] = None,
    as_json: Json = False,
) -> None:
    """Create an order from JSON."""
    body = _read_json(file)
    api = api_of(context)
    headers = {} if wait is None else {"Prefer": f"wait={wait}"}
    _show(api.post(ORDERS, body, key=key or secrets.token_hex(16), headers=headers), as_json=as_json)
    tell_trace(api)


@orders_app.command("status")
def change_status(
    context: typer.Context,
    code: Code,
    status: Annotated[str, typer.Argument(help="The status's mnemonic.")],
    carrier: Annotated[str | None, typer.Option(help="Of the parcel.")] = None,
    tracking: Annotated[str | None, typer.Option(help="The parcel's number.")] = None,
    line: Annotated[list[str] | None, typer.Option(help="LINE=QUANTITY in the parcel; else all that is left.")] = None,
    stock: Annotated[str | None, typer.Option(help="The decision: all, unshipped, lines, scrap, none.")] = None,
    back: Annotated[
        list[str] | None, typer.Option(help="LINE=QUANTITY[@LOCATION] that comes back, with --stock lines.")
    ] = None,
    scrap: Annotated[
        list[str] | None, typer.Option(help="LINE=QUANTITY[@LOCATION] of --back that is scrapped.")
    ] = None,
    source: From = None,
    target: To = None,
    credit: Annotated[bool, typer.Option("--credit", help="The decision: credit the invoice.")] = False,
    mail: Annotated[bool | None, typer.Option("--mail/--no-mail", help="Mail the client, or not.")] = None,
    sms: Annotated[bool | None, typer.Option("--sms/--no-sms", help="Text the client, or not.")] = None,
    invoice: Annotated[bool | None, typer.Option("--invoice/--no-invoice", help="Issue the invoice, or not.")] = None,
    comment: Annotated[str, typer.Option(help="Your words to the client.")] = "",
    version: Annotated[int | None, typer.Option(help="Only if the order still has this version.")] = None,
    as_json: Json = False,
) -> None:
    """Change the status; what a transition needs to know, it asks for by name."""
    shipment = _filled(carrier=carrier, tracking_number=tracking, lines=quantities(line), location=source)
    lines = returned(back, scrap, target)
    decision = _filled(stock=stock, lines=lines, location=None if lines else target, credit=credit or None)
    body: dict[str, Any] = _filled(
        status=status,
        comment=comment,
        shipment=shipment or None,
        decision=decision or None,
        actions=_filled(mail=mail, sms=sms, invoice=invoice) or None,
    )
    api = api_of(context)
    check_locations(api, [source, target, *(found.get("location") for found in lines or ())])
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    changed = api.post(f"{ORDERS}/{segment(code)}/status", body, key=secrets.token_hex(16), headers=headers)
    _show(changed, as_json=as_json)
    tell_trace(api)


def _show(order: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(order)
        return
    facts, totals = order["facts"], order["totals"]
    show_fields(
        {
            "code": order["code"],
            "status": f"{order['status']['mnemonic']} ({order['status']['type']})",
            "version": f"{order['version']}, {'settled' if order['settled'] else 'not settled yet'}",
            "placed at": order["placed_at"],
            "channel": " ".join(filter(None, (order["channel"], order["external_id"]))),
            "customer": f"{order['customer']['name']} <{order['customer']['email']}>",
            "facts": ", ".join(f"{name} {value}" for name, value in facts.items()),
            "totals": ", ".join(f"{name} {value}" for name, value in totals.items()) + f" {order['currency']}",
        }
        | ({"warning": order["warning"]} if order["warning"] else {})
    )
    for parcel in order["parcels"]:
        print(f"parcel {parcel['number']}: {parcel['carrier'] or '-'} {parcel['tracking_number'] or '-'}")
    print()
    unused = set() if any(line["scrapped"] for line in order["lines"]) else {"scrapped"}
    columns = [name for name in LINE_COLUMNS if name not in unused]
    show_table(columns, [[str(line[name]) for name in columns] for line in order["lines"]])
    for line in order["lines"]:
        for at in line["locations"]:
            units = ", ".join(f"{units} {name}" for name, units in at.items() if name != "location" and units)
            unknown = (
                ": not open, so goods were booked elsewhere" if at["location"] in line["unknown_locations"] else ""
            )
            print(f"line {line['id']} at {at['location']}: {units}{unknown}")


def _read_json(file: Path) -> Any:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        return json.loads(text)
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}.", "Name a file, or - for stdin.", Exit.USAGE) from None
    except ValueError as error:
        raise CliError(f"{file} is no JSON: {error}.", "Mend it there.", Exit.USAGE) from None


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
