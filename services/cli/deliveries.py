"""`comptoir deliveries`: what left the house, and what a person decides about it."""

import secrets
from typing import Annotated

import typer

from services.cli.client import segment
from services.cli.output import note, show_items, show_json
from services.cli.session import api_of, tell_trace

deliveries_app = typer.Typer(help="Mails, SMS and marketplace calls.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")]
DELIVERIES = "/api/v1/notifications/deliveries"
COLUMNS = {
    "id": "id",
    "order": "order",
    "channel": "channel",
    "verb": "verb",
    "subject": "subject",
    "outcome": "outcome",
    "attempts": "attempts",
    "at": "at",
    "next": "next_attempt_at",
    "reason": "reason",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(deliveries_app, name="deliveries")


@deliveries_app.command("list")
def list_deliveries(
    context: typer.Context,
    order: Annotated[str | None, typer.Option(help="An order's code.")] = None,
    outcome: Annotated[str | None, typer.Option(help="due, done, retry, unknown, rejected, obsolete.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """What left the house, or has to."""
    items = api_of(context).pages(DELIVERIES, limit=limit, order=order, outcome=outcome)
    show_items(items, COLUMNS, as_json=as_json, empty="There is none.")


@deliveries_app.command("retry")
def retry_delivery(
    context: typer.Context,
    delivery: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask where it may happen twice.")] = False,
    as_json: Json = False,
) -> None:
    """Try one again now."""
    api = api_of(context)
    path = f"{DELIVERIES}/{segment(delivery)}"
    if api.get(path)["outcome"] == "unknown" and not yes:
        typer.confirm("Nobody knows whether it happened. It may happen twice. Go on?", abort=True, err=True)
    found = api.post(f"{path}/retry", key=secrets.token_hex(16))
    show_items([found], COLUMNS, as_json=as_json, empty="")
    tell_trace(api)


@deliveries_app.command("settle")
def settle_delivery(
    context: typer.Context,
    delivery: Id,
    outcome: Annotated[str, typer.Argument(help="What became of it: done or rejected.")],
    reason: Annotated[str, typer.Option(help="How you know.")],
    as_json: Json = False,
) -> None:
    """Say what became of one; nothing is sent any more."""
    api = api_of(context)
    body = {"outcome": outcome, "reason": reason}
    found = api.post(f"{DELIVERIES}/{segment(delivery)}/settle", body, key=secrets.token_hex(16))
    if as_json:
        show_json(found)
    else:
        note(f"It counts as {found['outcome']}.")
    tell_trace(api)
