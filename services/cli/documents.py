"""`comptoir documents`: print what orders have as one PDF; whether every stored PDF is as it was made."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import Api, segment
from services.cli.errors import CliError, Exit
from services.cli.output import note, progress, show_fields, show_json
from services.cli.saving import save
from services.cli.session import api_of

documents_app = typer.Typer(help="Documents: printing and their store.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON.")]
BASE = "/api/v1/billing"
LOOK_SECONDS = 0.5


class Kind(StrEnum):
    """What is printed of an order."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    ORDER_FORM = "order_form"
    ORDER = "order"
    RECEIPT = "receipt"
    PACKING_SLIP = "packing_slip"


class Size(StrEnum):
    """Of the paper."""

    A4 = "a4"
    ROLL = "80mm"


class Language(StrEnum):
    """Of the document; another one than an original's gives a copy."""

    FR = "fr"
    EN = "en"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(documents_app, name="documents")


@documents_app.command("print")
def print_documents(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What to print.")],
    orders: Annotated[list[str], typer.Argument(help="Orders, by code.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file.  [default: KIND.pdf]")] = None,
    size: Annotated[Size, typer.Option("--format", help="Of the paper; 80mm for receipts.")] = Size.A4,
    lang: Annotated[Language | None, typer.Option(help="[default: the order's]")] = None,
    copies: Annotated[bool, typer.Option("--copies", help="Copies, marked as such.")] = False,
) -> None:
    """Write one PDF with the documents of these orders, in their order; nothing where one of them cannot be printed."""
    api, path = api_of(context), output or Path(f"{kind}.pdf")
    body = {"kind": kind, "orders": orders, "format": size, "language": lang, "copies": copies}
    begun = api.post(f"{BASE}/documents/bulk", body, headers={"Prefer": "respond-async"}, may_repeat=True)
    address = _finished(api, begun)
    documents = "1 document" if begun["total"] == 1 else f"{begun['total']} documents"
    save(path, api.pieces(address), documents)


@documents_app.command("verify")
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Read every stored PDF and compare it with its hash; exit code 1 where one is missing or other."""
    api = api_of(context)
    page = api.get(f"{BASE}/storage/verify")
    checked, problems = page["checked"], list(page["problems"])
    with progress("Verified", page["total"]) as counter:
        counter.advance(page["checked"])
        while page["next"]:
            page = api.get(f"{BASE}/storage/verify", after=page["next"])
            checked, problems = checked + page["checked"], problems + page["problems"]
            counter.advance(page["checked"])
    if as_json:
        show_json({"checked": checked, "ok": not problems, "problems": problems})
    else:
        show_fields({"documents": checked, "ok": "no" if problems else "yes"})
        for problem in problems:
            note(f"{problem['number'] or problem['document']}: {problem['problem']}")
    if problems:
        raise typer.Exit(Exit.FAILED)


def _finished(api: Api, begun: dict[str, Any]) -> str:
    """Wait for a print; the address of its PDF."""
    with progress("Printed", begun["total"]) as counter:
        found, shown = begun, 0
        while found["state"] in ("waiting", "running"):
            time.sleep(LOOK_SECONDS)
            found = api.get(f"{BASE}/prints/{segment(begun['id'])}")
            counter.advance(max(0, found["done"] - shown))
            shown = max(shown, found["done"])
    if found["state"] != "done":
        raise CliError(f"The print failed: {found['error']}.", "Print fewer at once, or look into the log of billing.")
    return str(found["pdf"])
