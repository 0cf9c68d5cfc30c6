"""`comptoir prices`: what a client is shown, and the groups that say so. Price files are `comptoir stock`'s."""

from typing import Annotated

import typer

from services.cli.output import show_items
from services.cli.session import api_of

prices_app = typer.Typer(help="Prices as clients see them.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
COLUMNS = ("sku", "name", "price", "price_list", "tax_rate", "reason")
GROUP_COLUMNS = {
    "group": "name",
    "price list": "price_list",
    "prices": "prices_shown",
    "customers": "members",
    "position": "position",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(prices_app, name="prices")


@prices_app.command("show")
def show(
    context: typer.Context,
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="Articles.")],
    customer: Annotated[str | None, typer.Option(help="E-mail or id; absent: a guest.")] = None,
    group: Annotated[str | None, typer.Option(help="Anybody of this group instead.")] = None,
    currency: Annotated[str | None, typer.Option(help="[default: the shop's]")] = None,
    as_json: Json = False,
) -> None:
    """What a client is shown, and what an order of theirs would take."""
    found = api_of(context).get("/api/v1/prices", sku=skus, customer=customer, group=group, currency=currency)
    price = f"{found['currency']}, {'with tax' if found['prices_include_tax'] else 'net'}"
    columns = {price if name == "price" else name.replace("_", " "): name for name in COLUMNS}
    show_items(found["items"], columns, as_json=as_json, empty="")


@prices_app.command("groups")
def groups(context: typer.Context, as_json: Json = False) -> None:
    """The customer groups, each with its price list."""
    items = api_of(context).get("/api/v1/customer-groups")["items"]
    show_items(items, GROUP_COLUMNS, as_json=as_json, empty="There is no customer group.")
