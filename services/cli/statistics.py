"""`comptoir statistics`: turnover, and whether the sums are what a computation from scratch comes to."""

from datetime import datetime
from typing import Annotated

import typer

from services.cli.errors import Exit
from services.cli.output import note, show_fields, show_items, show_json
from services.cli.session import api_of

statistics_app = typer.Typer(help="Turnover.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/statistics"
COLUMNS = {
    "currency": "currency",
    "orders": "booked.orders",
    "quantity": "booked.quantity",
    "net": "booked.net",
    "gross": "booked.gross",
    "average basket": "booked.average_basket",
    "paid": "paid",
    "invoiced": "invoiced",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(statistics_app, name="statistics")


@statistics_app.command("turnover")
def turnover(
    context: typer.Context,
    by: Annotated[
        str, typer.Option(help="day, month, year, channel, client_type, customer_group, payment_method or product.")
    ] = "month",
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    as_json: Json = False,
) -> None:
    """What was booked, paid and invoiced."""
    days = {"from": first and f"{first:%Y-%m-%d}", "to": last and f"{last:%Y-%m-%d}"}
    found = api_of(context).get(f"{BASE}/turnover", by=by, **days)
    show_items(found["items"], {by: by, **COLUMNS}, as_json=as_json, empty="Nothing was booked.")


@statistics_app.command("verify")
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Whether the sums are what the orders come to; exit code 1 where they are not."""
    found = api_of(context).get(f"{BASE}/verify")
    if as_json:
        show_json(found)
    else:
        show_fields({name: value for name, value in found.items() if name != "differences"})
        for difference in found["differences"]:
            note(str(difference))
    if not found["ok"]:
        raise typer.Exit(Exit.FAILED)
