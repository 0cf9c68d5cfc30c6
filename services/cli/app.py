"""The commands put together, the options they share, and how any of them ends."""

import os
import signal
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from services.cli import (
    customers,
    deliveries,
    documents,
    importing,
    invoices,
    keys,
    log,
    operations,
    orders,
    prices,
    processes,
    rates,
    shipping,
    source,
    statistics,
    statuses,
    stock,
    webhooks,
)
from services.cli.errors import CliError, Exit
from services.cli.output import interrupt, note
from services.cli.session import Session

app = typer.Typer(
    name="comptoir",
    help="Order management: one status change moves stock, mail, SMS, invoice and marketplace.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"comptoir {version('comptoir')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(envvar="COMPTOIR_URL", help="Where Comptoir runs.")] = None,
    shop: Annotated[str | None, typer.Option(envvar="COMPTOIR_SHOP", help="The shop, of a key with several.")] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours, as NO_COLOR says too.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if no_color:
        os.environ["NO_COLOR"] = "1"
    context.obj = Session(url, shop)


for module in (
    processes,
    orders,
    customers,
    prices,
    statuses,
    importing,
    shipping,
    stock,
    invoices,
    documents,
    rates,
    deliveries,
    webhooks,
    operations,
    keys,
    statistics,
    log,
    source,
):
    module.register(app)


def run_command() -> None:
    """Run what the arguments say; whatever goes wrong ends in an exit code and two lines."""
    signal.signal(signal.SIGINT, interrupt)
    try:
        app()
    except CliError as error:
        note(f"Error: {error.cause}")
        note(f"       {error.remedy}")
        sys.exit(error.code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the exit flushes into nothing
        sys.exit(Exit.FAILED)
    except Exception as error:
        if os.environ.get("COMPTOIR_DEBUG"):
            raise
        note(f"Error: {type(error).__name__}: {error}")
        note("       This is a fault of comptoir. COMPTOIR_DEBUG=1 shows where; please report it.")
        sys.exit(Exit.FAILED)
