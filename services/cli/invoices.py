"""`comptoir invoices`: the documents that were issued, and whether their numbers and amounts hold."""

from typing import Annotated

import typer

from services.cli.errors import Exit
from services.cli.output import note, show_items, show_json
from services.cli.session import api_of

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
