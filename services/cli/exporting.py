"""`comptoir orders export`: the orders of a filtered list as a file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.cli.saving import save
from services.cli.session import api_of

EXPORT = "/api/v1/orders/export"


class FileFormat(StrEnum):
    """How the file is written."""

    CSV = "csv"
    XLSX = "xlsx"


class Rows(StrEnum):
    """What a row is."""

    LINES = "lines"
    ORDERS = "orders"


class Language(StrEnum):
    """Of the headers."""

    EN = "en"
    FR = "fr"


def export_orders(
    context: typer.Context,
    output: Annotated[Path | None, typer.Argument(help="The file; - writes to stdout.  [default: orders.csv]")] = None,
    form: Annotated[FileFormat | None, typer.Option("--format", help="[default: as the file's name says]")] = None,
    rows: Annotated[Rows, typer.Option(help="A row a line of an order, or one an order.")] = Rows.LINES,
    lang: Annotated[Language, typer.Option(help="Of the headers.")] = Language.EN,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Code, name, e-mail, number, SKU …")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="FILTER=VALUE, as the list's URL has it; may be repeated.")
    ] = None,
) -> None:
    """Write the orders that the filters let through, the newest first, to the last one.

    `--where status=shipped --where placed_from=2026-01-01`: any filter of the list, several times where the list
    takes it several times. The lines are read back by `comptoir import orders FILE --format comptoir`.
    """
    chosen = form or _by_name(output)
    path = output or Path(f"orders.{chosen}")
    filters: dict[str, list[str]] = {} if query is None else {"q": [query]}
    for condition in where or ():
        name, separator, value = condition.partition("=")
        if not separator:
            raise typer.BadParameter(f"{condition!r} is not FILTER=VALUE, like status=shipped")
        filters.setdefault(name, []).append(value)
    pieces = api_of(context).pieces(EXPORT, format=chosen, rows=rows, lang=lang, **filters)
    save(path, pieces)


def _by_name(output: Path | None) -> FileFormat:
    return FileFormat.XLSX if output is not None and output.suffix.lower() == ".xlsx" else FileFormat.CSV
