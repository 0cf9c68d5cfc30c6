"""`comptoir invoices`: the documents that were issued, and whether their numbers and amounts hold."""

from typing import Annotated

import typer

invoices_app = typer.Typer(help="Invoices and credit notes.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/billing"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(invoices_app, name="invoices")
