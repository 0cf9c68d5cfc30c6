"""`comptoir invoices`: the documents that were issued or imported, and whether their numbers and amounts hold."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import segment
from services.cli.errors import Exit
from services.cli.output import note, show_items, show_json
from services.cli.session import api_of, tell_trace

invoices_app = typer.Typer(help="Invoices and credit notes.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/billing"
COLUMNS = {
    "number": "number",
    "kind": "kind",
    "order": "order",
    "issued on": "issued_on",
    "gross": "totals.gross",
    "currency": "currency",
    "id": "id",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(invoices_app, name="invoices")


@invoices_app.command("list")
def list_invoices(
    context: typer.Context,
    order: Annotated[str | None, typer.Option(help="An order's code.")] = None,
    kind: Annotated[str | None, typer.Option(help="invoice or credit_note.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The documents, the newest first; an order's in the order of issue."""
    items = api_of(context).pages(f"{BASE}/documents", limit=limit, order=order, kind=kind)
    show_items(items, COLUMNS, as_json=as_json, empty="There is none.")


@invoices_app.command("import")
def import_invoice(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A PDF, or CII or UBL.")],
    order: Annotated[str | None, typer.Option(help="The order's code.  [default: the one that the file names]")] = None,
    number: Annotated[str | None, typer.Option(help="The issuer's number, where the file does not say it.")] = None,
    issued_on: Annotated[str | None, typer.Option(help="The same of the date: 2026-11-22.")] = None,
    gross: Annotated[str | None, typer.Option(help="The same of the total with tax: 116.80.")] = None,
    currency: Annotated[str | None, typer.Option(help="The same of the currency: EUR.")] = None,
    as_json: Json = False,
) -> None:
    """Import the invoice of an order that other software made; the same file again changes nothing."""
    said = {"number": number, "issued_on": issued_on, "gross": gross, "currency": currency}
    path = f"{BASE}/external-invoices" if order is None else f"{BASE}/orders/{segment(order)}/external-invoices"
    api = api_of(context)
    found = api.upload(path, file, {name: text for name, text in said.items() if text is not None})
    tell_trace(api)
    _show(found, as_json=as_json)


@invoices_app.command("void")
def void(
    context: typer.Context,
    invoice: Annotated[str, typer.Argument(help="The id of an imported invoice (`comptoir invoices list`).")],
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    as_json: Json = False,
) -> None:
    """Take an import back; it stays in the list, and what the order then asks for is issued."""
    api = api_of(context)
    found = api.post(f"{BASE}/external-invoices/{segment(invoice)}/void", {"reason": reason})
    tell_trace(api)
    _show(found, as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        show_items([found], COLUMNS, as_json=False, empty="")


@invoices_app.command("verify")
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Whether every series is without a hole and every document as it was sealed; exit code 1 where one is not."""
    found = api_of(context).get(f"{BASE}/verify")
    if as_json:
        show_json(found)
    else:
        columns = {"series": "series", "documents": "documents", "ok": "ok"}
        show_items(found["series"], columns, as_json=False, empty="Nothing has been issued.")
        for problem in found["problems"]:
            note(f"{problem['number']}: {problem['problem']}")
    if not found["ok"]:
        raise typer.Exit(Exit.FAILED)
