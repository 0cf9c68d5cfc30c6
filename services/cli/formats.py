"""`comptoir orders formats`: the files that an import understands, and the mapping of each to copy and change."""

from typing import Annotated

import typer

from services.cli.errors import CliError, Exit
from services.cli.output import show_items
from services.orders.files.loading import MappingError, format_names, format_text, shipped_mapping

formats_app = typer.Typer(help="Files that `comptoir import orders` understands.", no_args_is_help=True)


@formats_app.command("list")
def list_formats(as_json: Annotated[bool, typer.Option("--json", help="JSON, a line an item.")] = False) -> None:
    """The formats, by the name that --format takes."""
    items = [{"name": name, "title": shipped_mapping(name).title} for name in format_names()]
    show_items(items, {"name": "name", "file": "title"}, as_json=as_json, empty="There are none.")


@formats_app.command("show")
def show_format(name: Annotated[str, typer.Argument(help="A format's name.")]) -> None:
    """The mapping of a format: save it, change what your file has otherwise, and name it with --map."""
    try:
        print(format_text(name), end="")
    except MappingError as error:
        raise CliError(f"{error}.", "`comptoir orders formats list` shows them.", Exit.USAGE) from None
