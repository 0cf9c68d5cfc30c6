"""`comptoir flow`, `schemas`, `faults`: what the code says about itself, for people and for the tests that compare."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from services.cli.errors import CliError
from services.cli.faults import crash_points
from services.cli.output import note, show_items, show_json

Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]

faults_app = typer.Typer(help="Where a test may have a process die.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("flow")(flow)
    app.command("schemas")(write)
    app.add_typer(faults_app, name="faults")


def flow(
    as_json: Json = False,
    do_write: Annotated[bool, typer.Option("--write", help="Write docs/flow.md, with the picture.")] = False,
) -> None:
    """Print which message goes from whom to whom, as the services are wired."""
    from services.cli import flow as flows  # loads all four services

    found = flows.read_flows()
    columns = {"message": "message", "published by": "publishers", "heard by": "consumers", "says": "says"}
    items = [asdict(item) | {"publishers": list(item.publishers), "consumers": list(item.consumers)} for item in found]
    show_items(items, columns, as_json=as_json, empty="No service says anything.")
    if do_write:
        _write(flows.FILE, flows.render(found))


def write(
    folder: Annotated[Path, typer.Option("--to", help="The folder.")] = Path("docs/schemas"), as_json: Json = False
) -> None:
    """Write the JSON Schemas of the messages; refuses a change that is not additive."""
    from services.cli.schemas import IncompatibleSchemaError, schemas, write_schemas  # loads the contracts

    if as_json:
        for schema in schemas().values():
            show_json(schema)
        return
    try:
        written = write_schemas(folder)
    except IncompatibleSchemaError as error:
        for name, sentences in error.found.items():
            for sentence in sentences:
                note(f"{name}: {sentence}")
        raise CliError(
            "The contracts changed in a way that is not additive; nothing was written.",
            "Add fields that may be absent, or make a new class with a new major version beside the old one.",
        ) from None
    for path in written:
        print(path)
    note(f"{len(written)} of {len(schemas())} changed.")


@faults_app.command("list")
def list_faults(as_json: Json = False) -> None:
    """The crash points, read from the code."""
    columns = {"name": "name", "file": "file", "line": "line"}
    show_items([asdict(point) for point in crash_points()], columns, as_json=as_json, empty="There are none.")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}.", "Run it in the root of a checkout.") from None
    note(f"Wrote {path}")
