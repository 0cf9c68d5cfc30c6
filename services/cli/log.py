"""`comptoir log`: who did what in the shop, to its orders and to its configuration."""

from typing import Annotated

import typer

from services.cli.output import show_items
from services.cli.session import api_of

COLUMNS = {"at": "at", "kind": "kind", "actor": "actor", "order": "order", "status": "status", "text": "text"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("log")(show_log)


def show_log(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="status, edit, deletion …; shop, keys, statuses …")] = None,
    actor: Annotated[str | None, typer.Option(help="A person's or key's name, or a service.")] = None,
    order: Annotated[str | None, typer.Option(help="An order's code.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="A day, or a moment with its zone.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="A day (included), or a moment.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON with all changes, a line an item.")] = False,
) -> None:
    """What was done in the shop, the newest first."""
    filters = {"kind": kind, "actor": actor, "order": order, "from": first, "to": last}
    items = api_of(context).pages("/api/v1/log", limit=limit, **filters)
    show_items(items, COLUMNS, as_json=as_json, empty="Nothing of that kind was done.")
