"""`comptoir stock`: what is there, and whether the books agree."""

from typing import Annotated

import typer

from services.cli.client import segment
from services.cli.errors import Exit
from services.cli.output import note, show_fields, show_items, show_json
from services.cli.session import api_of

stock_app = typer.Typer(help="Stock and its ledger.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/inventory"
COLUMNS = {
    "SKU": "sku",
    "on hand": "on_hand",
    "demand": "demand",
    "allocated": "allocated",
    "available": "available",
    "sold out": "sold_out",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(stock_app, name="stock")


@stock_app.command("show")
def show(
    context: typer.Context,
    sku: Annotated[str | None, typer.Argument(help="All of them where absent.")] = None,
    sold_out: Annotated[bool, typer.Option("--sold-out", help="Only what cannot be had.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The counters of one SKU, or of all."""
    api = api_of(context)
    if sku is None:
        items = api.pages(f"{BASE}/stock", limit=limit, sold_out=True if sold_out else None)
        show_items(items, COLUMNS, as_json=as_json, empty="There is no product.")
        return
    counters = api.get(f"{BASE}/stock/{segment(sku)}")
    if as_json:
        show_json(counters)
    else:
        show_fields(counters)


@stock_app.command("verify")
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Whether ledger, counters, reservations and answers agree; exit code 1 where they do not."""
    found = api_of(context).get(f"{BASE}/verify")
    if as_json:
        show_json(found)
    else:
        show_fields({name: value for name, value in found.items() if name != "differences"})
        for difference in found["differences"]:
            note(str(difference))
    if not found["ok"]:
        raise typer.Exit(Exit.FAILED)
