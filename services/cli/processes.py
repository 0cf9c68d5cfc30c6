"""`comptoir run`, `serve`, `up`: start what the other commands talk to.

The processes themselves are `services.__main__` and `deploy.local`; they are imported when they are wanted, so that
asking for an order does not load four services.
"""

import asyncio
import errno
from importlib import import_module, util
from typing import Annotated

import typer

from services.cli.client import SERVICES
from services.cli.errors import CliError, Exit


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("serve")(serve)
    app.command("up")(up)


def run() -> None:
    """Run everything in one process, on SQLite and the embedded broker (PORT, COMPTOIR_VAR)."""
    raise typer.Exit(_start(["run"]))


def serve(
    service: Annotated[str, typer.Argument(help=", ".join(SERVICES))],
    roles: Annotated[str, typer.Argument(help="Which of its parts, with commas.")] = "api,consumer,worker",
) -> None:
    """Run one service, as deployed (COMPTOIR_DATABASE_URL, COMPTOIR_AMQP_URL)."""
    if service not in SERVICES:
        raise typer.BadParameter(f"{service} is no service; there are {', '.join(SERVICES)}", param_hint="SERVICE")
    raise typer.Exit(_start(["serve", service, roles]))


def up() -> None:
    """Run four processes on PostgreSQL and RabbitMQ, from a checkout (as `make up` does)."""
    if util.find_spec("deploy") is None or util.find_spec("deploy.local") is None:
        raise CliError(
            "`comptoir up` belongs to a checkout of the project, and this is an installed package.",
            "Run `make up` in a checkout, or `comptoir serve SERVICE` for each service.",
            Exit.USAGE,
        )
    local, settings = import_module("deploy.local.up"), import_module("shared.settings")
    try:
        raise typer.Exit(asyncio.run(local.up()))
    except settings.BadSettings as error:
        raise CliError(str(error), "Mend the variable, or leave it out.", Exit.USAGE) from None


def _start(arguments: list[str]) -> int:
    processes = import_module("services.__main__")
    try:
        return int(processes.main(arguments))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CliError("The port is taken.", "Stop what runs there, or set PORT (0: any that is free).") from None
