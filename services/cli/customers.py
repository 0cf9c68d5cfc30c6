"""`comptoir customers`: look at clients, give a person the data that are held, and erase them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import segment
from services.cli.output import note, show_fields, show_items, show_json
from services.cli.saving import save
from services.cli.session import api_of, tell_trace

customers_app = typer.Typer(help="Clients.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Id = Annotated[str, typer.Argument(help="The client's id, as the list shows it.")]
CUSTOMERS = "/api/v1/customers"
COLUMNS = {
    "id": "id",
    "name": "name",
    "e-mail": "email",
    "company": "company",
    "number": "number",
    "group": "group",
    "language": "language",
    "tags": "tags",
    "since": "created_at",
}
ORDER_COLUMNS = {
    "code": "code",
    "placed at": "placed_at",
    "status": "status.mnemonic",
    "gross": "totals.gross",
    "currency": "currency",
}
ADDRESSES = {"billing address": "billing_address", "shipping address": "shipping_address"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(customers_app, name="customers")


@customers_app.command("list")
def list_customers(
    context: typer.Context,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Name, e-mail, number or company.")] = None,
    guests: Annotated[bool, typer.Option("--guests", help="Those without an account instead.")] = False,
    tag: Annotated[str | None, typer.Option(help="A tag they have.")] = None,
    number: Annotated[str | None, typer.Option(help="The number in an outside system.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    as_json: Json = False,
) -> None:
    """The clients of the shop, the newest first."""
    items = api_of(context).pages(CUSTOMERS, limit=limit, q=query, account=not guests, tag=tag, number=number)
    show_items(items, COLUMNS, as_json=as_json, empty="There is no such client.")


@customers_app.command("show")
def show_customer(
    context: typer.Context,
    id_: Id,
    orders: Annotated[bool, typer.Option("--orders", help="The client's orders instead.")] = False,
    as_json: Json = False,
) -> None:
    """One client."""
    api = api_of(context)
    path = f"{CUSTOMERS}/{segment(id_)}"
    if orders:
        show_items(api.pages(f"{path}/orders"), ORDER_COLUMNS, as_json=as_json, empty="There is no order.")
        return
    found = api.get(path)
    if as_json:
        show_json(found)
        return
    fields = {title: found[path] for title, path in COLUMNS.items() if path != "tags"}
    addresses = {title: ", ".join(filter(None, (found[name] or {}).values())) for title, name in ADDRESSES.items()}
    show_fields(
        fields
        | {"tags": ", ".join(found["tags"]), "account": "yes" if found["account"] else "no, a guest"}
        | {"phone": found["phone"], "VAT number": found["vat_number"]}
        | addresses
    )


@customers_app.command("export")
def export_customer(
    context: typer.Context,
    id_: Id,
    file: Annotated[str, typer.Argument(help="Where to write it; - is the standard output.")] = "-",
) -> None:
    """Everything that is held of a person, as one JSON document."""
    found = api_of(context).get(f"{CUSTOMERS}/{segment(id_)}/export")
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    save(Path(file), [text.encode()], f"a client with {len(found['orders'])} orders")


@customers_app.command("erase")
def erase_customer(
    context: typer.Context,
    id_: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
) -> None:
    """Erase a person's data for good; invoices and credit notes stay. Open orders refuse it."""
    if not yes:
        typer.confirm("Erase this client's data? It cannot be undone.", abort=True, err=True)
    api = api_of(context)
    found = api.post(f"{CUSTOMERS}/{segment(id_)}/erasure", may_repeat=True)
    note(f"Erased; {found['orders']} orders keep their figures and say no name.")
    tell_trace(api)
