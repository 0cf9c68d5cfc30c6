"""What every command gets with its context: where to ask, as the options before the command said."""

from dataclasses import dataclass

import typer

from services.cli.client import Api
from services.cli.output import note


@dataclass(frozen=True, slots=True)
class Session:
    """The global options."""

    url: str | None
    shop: str | None


def api_of(context: typer.Context) -> Api:
    """The client of this command; it is closed with the command."""
    session: Session = context.find_object(Session) or Session(None, None)
    api = Api(session.url, session.shop)
    context.call_on_close(api.close)
    return api


def tell_trace(api: Api) -> None:
    """After a change: where to look it up."""
    note(f"Trace {api.trace}")
