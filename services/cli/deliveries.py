"""`comptoir deliveries`: what left the house, why something has not, and what a person decides about it."""

import secrets
from datetime import datetime
from typing import Annotated, Any

import typer

from services.cli.client import segment
from services.cli.output import note, show_fields, show_items, show_json, show_table
from services.cli.session import api_of, tell_trace

deliveries_app = typer.Typer(help="Mails, SMS, push, webhooks and marketplace calls.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In local time.")]
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
CAUSES = {
    "call": "a call is out at this moment",
    "person": "nothing more happens by itself: retry or settle it",
    "sequence": "{after} has to leave first",
    "quiet": "the other side asked for patience until {until}",
    "breaker": "calls of this kind fail; the next is tried at {until}",
    "quota": "as many calls were made as may be, until {until}",
    "documents": "documents are being typeset that it takes along; it leaves without them at {until}",
    "schedule": "the next try is at {until}",
    "worker": "it is due, and is taken next",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(deliveries_app, name="deliveries")


@deliveries_app.command("list")
def list_deliveries(
    context: typer.Context,
    order: Annotated[str | None, typer.Option(help="An order's code.")] = None,
    outcome: Annotated[str | None, typer.Option(help="due, done, retry, unknown, rejected, obsolete.")] = None,
    channel: Annotated[str | None, typer.Option(help="mail, sms, push, webhook, amazon, ebay.")] = None,
    needs_person: Annotated[
        bool | None, typer.Option("--needs-person/--by-itself", help="Whether nothing more happens by itself.")
    ] = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """What left the house, or has to."""
    asked: dict[str, Any] = {"order": order, "outcome": outcome, "channel": channel, "needs_person": needs_person}
    moments = {"since": since, "until": until}
    asked |= {name: moment.astimezone().isoformat() for name, moment in moments.items() if moment is not None}
    items = api_of(context).pages(DELIVERIES, limit=limit, **asked)
    show_items(items, COLUMNS, as_json=as_json, empty="There is none.")


@deliveries_app.command("show")
def show_delivery(context: typer.Context, delivery: Id, as_json: Json = False) -> None:
    """One with every attempt at it, and why it waits."""
    found = api_of(context).get(f"{DELIVERIES}/{segment(delivery)}")
    if as_json:
        show_json(found)
        return
    show_fields(
        {name: found[path] for name, path in COLUMNS.items()}
        | {"waits": _why(found["waiting"]), "provider": _reported(found["report"])}
    )
    rows = [
        [str(one["number"]), one["started_at"], one["outcome"] or "under way", one["reason"] or ""]
        for one in found["journal"]
    ]
    if rows:
        print()
        show_table(["attempt", "at", "outcome", "reason"], rows)


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


def _reported(report: dict[str, Any] | None) -> str | None:
    """How far an SMS came, as its provider reported by callback."""
    if report is None:
        return None
    return f"{report['reached']} at {report['at']}, by callback" + (f" ({report['code']})" if report["code"] else "")


def _why(waiting: dict[str, Any] | None) -> str | None:
    """What it waits for, in words; a cause of a newer release as it is called."""
    if waiting is None:
        return None
    said = CAUSES.get(waiting["cause"], waiting["cause"]).format_map(waiting)
    return f"{said} ({waiting['detail']})" if waiting["detail"] else said
