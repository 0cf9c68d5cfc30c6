"""`comptoir statuses`: the seller's statuses as one YAML file, to keep beside the code and to bring to another shop.

The file names each status by its mnemonic. `apply` brings about what differs, all of it or nothing, and changes nothing
when it is run again; the service decides what may change.
"""

import sys
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from services.cli.errors import CliError, Exit
from services.cli.output import note, show_items, show_json, show_table
from services.cli.saving import save
from services.cli.session import api_of, tell_trace

statuses_app = typer.Typer(help="The seller's statuses.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
STATUSES = "/api/v1/statuses"
COLUMNS = {
    "mnemonic": "mnemonic",
    "type": "type",
    "default": "default_of_type",
    "name": "texts.fr.name",
    "publish": "publish",
    "mail": "mail",
    "sms": "sms",
    "active": "active",
}
KEY = "statuses"
WIDTH = 60
"""Of a value that the table of differences shows."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(statuses_app, name="statuses")


@statuses_app.command("list")
def list_statuses(context: typer.Context, as_json: Json = False) -> None:
    """The statuses, in the seller's order."""
    show_items(api_of(context).get(STATUSES)["items"], COLUMNS, as_json=as_json, empty="There is none.")


@statuses_app.command("export")
def export_statuses(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="Where to write them; - is the standard output.")] = "-",
) -> None:
    """Write all statuses as one YAML file."""
    found = api_of(context).get(STATUSES)["items"]
    bodies = {
        status["mnemonic"]: {name: value for name, value in status.items() if name != "mnemonic"} for status in found
    }
    text = yaml.dump({KEY: bodies}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000)
    save(Path(file), [text.encode()], f"{len(bodies)} statuses")


@statuses_app.command("apply")
def apply_statuses(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The YAML file; - is the standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what differs.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove those the file lacks; used ones rest.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the shop's statuses to what the file says: all of it, or nothing."""
    content = _read(file)
    api = api_of(context)
    outcome = api.put(STATUSES, content, dry_run=dry_run, prune=prune)
    if as_json:
        show_json(outcome)
        return
    rows = list(_rows(outcome))
    if rows:
        show_table(("status", "what", "before", "after"), rows)
        note("Nothing was changed: this was a dry run." if dry_run else "Done.")
    else:
        note("Nothing differs.")
    if not dry_run:
        tell_trace(api)


def _rows(outcome: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    rows = [(mnemonic, "new", "", "") for mnemonic in outcome["created"]]
    for mnemonic, changes in sorted(outcome["changed"].items()):
        rows += [(mnemonic, field, _shown(before), _shown(after)) for field, (before, after) in changes.items()]
    rows += [(mnemonic, "deleted", "", "") for mnemonic in outcome["deleted"]]
    return rows + [(mnemonic, "deactivated", "", "") for mnemonic in outcome["deactivated"]]


def _shown(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _read(file: str) -> dict[str, Any]:
    """The file's content. Whatever is no such file is told with its place."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise CliError(f"{file} cannot be read: {reason}.", "Name a YAML file.", Exit.USAGE) from None
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that is stricter still
    except yaml.YAMLError as error:
        raise _wrong(file, " ".join(str(error).split())) from None
    if not isinstance(content, dict) or not isinstance(content.get(KEY), dict):
        raise _wrong(file, f"it needs the key '{KEY}' with the statuses by mnemonic")
    if more := content.keys() - {KEY}:
        raise _wrong(file, f"it knows no key '{min(more)}'")
    return content


def _wrong(file: str, why: str) -> CliError:
    return CliError(f"{file}: {why}.", "`comptoir statuses export` writes such a file.", Exit.USAGE)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, and one that YAML reads as something else than text (`no:` is false)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                problem = f"the key {key_node.value!r} is no text: write it in quotes"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key_node.start_mark)
            if key in seen:
                problem = f"the key {key!r} stands twice"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that people can edit them."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
