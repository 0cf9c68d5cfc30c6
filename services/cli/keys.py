"""`comptoir keys`: who may ask. A key is told once, when it is made."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from services.cli.client import segment
from services.cli.output import note, show_items, show_json
from services.cli.session import api_of, tell_trace

keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
KEYS = "/api/v1/keys"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(keys_app, name="keys")


@keys_app.command("create")
def create_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose it is, for the timeline.")],
    scope: Annotated[list[str], typer.Option(help="orders:read, orders:write, inventory:read …, operations, admin.")],
    days: Annotated[int | None, typer.Option(min=1, help="How long it is valid.  [default: until revoked]")] = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    api = api_of(context)
    body: dict[str, object] = {"name": name, "scopes": scope}
    if days is not None:
        body["expires_at"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    made = api.post(KEYS, body, key=secrets.token_hex(16))
    if as_json:
        show_json(made)
    else:
        print(made["key"])
        note(f"This is key {made['id']}. It is not kept anywhere: put it where it is needed now.")
    tell_trace(api)


@keys_app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """The keys, without what makes them keys."""
    columns = {"id": "id", "name": "name", "scopes": "scopes", "expires at": "expires_at", "revoked at": "revoked_at"}
    show_items(api_of(context).get(KEYS)["items"], columns, as_json=as_json, empty="There is none.")


@keys_app.command("revoke")
def revoke_key(context: typer.Context, key: Annotated[str, typer.Argument(metavar="ID", help="Its id.")]) -> None:
    """End a key; at once."""
    api = api_of(context)
    api.delete(f"{KEYS}/{segment(key)}")
    note("The key opens nothing any more.")
    tell_trace(api)
