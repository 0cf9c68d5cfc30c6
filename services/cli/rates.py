"""`comptoir rates`: exchange rates, at which French VAT in another currency is told in euros (docs/e-invoicing.md)."""

from datetime import datetime
from typing import Annotated

import typer

from services.cli.client import segment
from services.cli.output import show_fields, show_items, show_json
from services.cli.session import api_of

rates_app = typer.Typer(help="Exchange rates for VAT in euros.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/billing/exchange-rates"
COLUMNS = ("currency", "day", "rate", "source", "by")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(rates_app, name="rates")


@rates_app.command("set")
def set_rate(
    context: typer.Context,
    currency: Annotated[str, typer.Argument(help="GBP")],
    rate: Annotated[str, typer.Argument(help="Units of the currency for one euro: 0.87215.")],
    source: Annotated[str, typer.Option(help="Who published it, as invoices say: BCE.")],
    day: Annotated[str | None, typer.Option(help="2026-11-22.  [default: today]")] = None,
    as_json: Json = False,
) -> None:
    """Enter the rate of a day, or correct it; documents that waited for it are issued."""
    on = day or f"{datetime.now().astimezone():%Y-%m-%d}"
    told = api_of(context).put(f"{BASE}/{segment(currency)}/{segment(on)}", {"rate": rate, "source": source})
    if as_json:
        show_json(told)
    else:
        show_fields({name: told[name] for name in COLUMNS})


@rates_app.command("missing")
def list_missing(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The orders whose documents wait for a rate, the oldest first."""
    items = api_of(context).pages(f"{BASE}/missing", limit=limit)
    columns = {"order": "order", "currency": "currency", "placed at": "placed_at"}
    show_items(items, columns, as_json=as_json, empty="No document waits for a rate.")


@rates_app.command("list")
def list_rates(
    context: typer.Context,
    currency: Annotated[str | None, typer.Option(help="Of this currency only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The rates that were entered, the newest day first."""
    items = api_of(context).pages(BASE, limit=limit, currency=currency)
    show_items(items, {name: name for name in COLUMNS}, as_json=as_json, empty="No rate was entered.")
