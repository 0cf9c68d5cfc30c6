"""`comptoir webhooks`: a shop's endpoints, a test of one, and what it missed sent once more.

They are made and changed over the API, which tells a new secret once; the commands here need none. Its deliveries are
listed by `comptoir deliveries list --channel webhook`.
"""

import secrets
from datetime import datetime
from typing import Annotated, Any

import typer

from services.cli.client import segment
from services.cli.errors import CliError
from services.cli.output import note, show_items, show_json
from services.cli.session import api_of, tell_trace

webhooks_app = typer.Typer(help="Endpoints that are told of every change.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")]
Day = typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In local time.")
WEBHOOKS = "/api/v1/notifications/webhooks"
COLUMNS = {
    "id": "id",
    "url": "url",
    "description": "description",
    "active": "active",
    "delivered": "delivered_at",
    "failing since": "failing_since",
    "off since": "disabled_at",
    "why": "disabled_reason",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(webhooks_app, name="webhooks")


@webhooks_app.command("list")
def list_webhooks(context: typer.Context, as_json: Json = False) -> None:
    """The shop's endpoints, and how they do."""
    show_items(api_of(context).get(WEBHOOKS)["items"], COLUMNS, as_json=as_json, empty="There is none.")


@webhooks_app.command("test")
def try_webhook(context: typer.Context, endpoint: Id, as_json: Json = False) -> None:
    """Send a `webhook.test` now, even where the endpoint is off. Exit code 1: it was not taken."""
    found = api_of(context).post(f"{WEBHOOKS}/{segment(endpoint)}/test", may_repeat=True)
    if as_json:
        show_json(found)
    elif found["delivered"]:
        note(f"It answered {found['status']} in {found['seconds']:g} s.")
    if not found["delivered"]:
        raise CliError(f"It was not taken: {found['reason']}.", "Look at the endpoint, then test again.")


@webhooks_app.command("enable")
def enable_webhook(context: typer.Context, endpoint: Id, as_json: Json = False) -> None:
    """Call one again that was shut off; what it missed is delivered, as it now is."""
    _counted(context, f"{segment(endpoint)}/enable", None, as_json=as_json)


@webhooks_app.command("replay")
def replay_webhook(
    context: typer.Context,
    endpoint: Id,
    since: Annotated[datetime, Day],
    until: Annotated[datetime | None, Day] = None,
    order: Annotated[str | None, typer.Option(help="An order's code: this one alone.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Send what was asked for in a range once more, each order as it now is."""
    body: dict[str, Any] = {"since": since.astimezone().isoformat(), "order": order, "dry_run": dry_run}
    body["until"] = None if until is None else until.astimezone().isoformat()
    _counted(context, f"{segment(endpoint)}/replay", body, as_json=as_json)


def _counted(context: typer.Context, path: str, body: dict[str, Any] | None, *, as_json: bool) -> None:
    api = api_of(context)
    found = api.post(f"{WEBHOOKS}/{path}", body, key=secrets.token_hex(16))
    if as_json:
        show_json(found)
    else:
        note(f"{found['count']} {'would be' if found['dry_run'] else 'are'} sent again.")
    tell_trace(api)
