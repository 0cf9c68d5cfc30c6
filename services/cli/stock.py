"""`comptoir stock`: what is there and where, files of movements, counts, products, prices; whether the books agree."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import segment
from services.cli.errors import CliError, Exit
from services.cli.imports.reports import write_row_rejects
from services.cli.imports.stock import COLUMNS as FILES
from services.cli.imports.stock import Kind, StockImport
from services.cli.output import note, progress, show_fields, show_items, show_json
from services.cli.session import api_of, tell_trace
from services.orders.files.reading import Layout, UnreadableFileError, digest, read_records

stock_app = typer.Typer(help="Stock and its ledger.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
BASE = "/api/v1/inventory"
COLUMNS = {
    "SKU": "sku",
    "on hand": "on_hand",
    "demand": "demand",
    "allocated": "allocated",
    "available": "available",
    "sold out": "sold_out",
}

SHELF = {"location": "location", "on hand": "on_hand", "allocated": "allocated", "free": "free"}
LOCATION = ("code", "name", "priority", "takes_returns", "default", "closed")
MOVEMENT = {"SKU": "sku", "location": "location", "quantity": "quantity", "on hand": "on_hand", "reason": "reason"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(stock_app, name="stock")


@stock_app.command("show")
def show(
    context: typer.Context,
    sku: Annotated[str | None, typer.Argument(help="All of them where absent.")] = None,
    sold_out: Annotated[bool, typer.Option("--sold-out", help="Only what cannot be had.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The counters of one SKU, or of all."""
    api = api_of(context)
    if sku is None:
        items = api.pages(f"{BASE}/stock", limit=limit, sold_out=True if sold_out else None)
        show_items(items, COLUMNS, as_json=as_json, empty="There is no product.")
        return
    counters = api.get(f"{BASE}/stock/{segment(sku)}")
    if as_json:
        show_json(counters)
        return
    show_fields({name: value for name, value in counters.items() if name != "locations"})
    show_items(counters["locations"], SHELF, as_json=False, empty="It is nowhere.")


@stock_app.command("locations")
def locations(context: typer.Context, as_json: Json = False) -> None:
    """Where the shop keeps its stock, the first to serve first."""
    items = api_of(context).get(f"{BASE}/locations")["items"]
    show_items(items, {name: name for name in LOCATION}, as_json=as_json, empty="There is no location.")


@stock_app.command("price-lists")
def price_lists(context: typer.Context, as_json: Json = False) -> None:
    """The price lists that products have prices in, with how many by currency."""
    items = api_of(context).get(f"{BASE}/price-lists")["items"]
    if not as_json:
        items = [{**item, "prices": _counted(item["prices"])} for item in items]
    show_items(items, {"list": "name", "prices": "prices"}, as_json=as_json, empty="There is no price list.")


@stock_app.command("transfer")
def transfer(
    context: typer.Context,
    sku: str,
    quantity: Annotated[int, typer.Argument(min=1, help="Units.")],
    source: Annotated[str, typer.Option("--from", help="A location's code.")],
    target: Annotated[str, typer.Option("--to", help="A location's code.")],
    comment: Annotated[str | None, typer.Option("--note", help="Kept in the ledger.")] = None,
    key: Annotated[str | None, typer.Option(help="The same key again transfers nothing again.")] = None,
    as_json: Json = False,
) -> None:
    """Move goods from one location to another."""
    api = api_of(context)
    body = {"sku": sku, "quantity": quantity, "from": source, "to": target, "note": comment}
    done = api.post(f"{BASE}/transfers", body, key=key)
    show_items(done["movements"], MOVEMENT, as_json=as_json, empty="Nothing moved.")
    tell_trace(api)


@stock_app.command("import")
def import_stock(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")],
    location: Annotated[str | None, typer.Option(help="Of rows that name none.  [default: main]")] = None,
    delimiter: Annotated[str, typer.Option(help="Between the columns.")] = ",",
    encoding: Annotated[str, typer.Option(help="Of the file.")] = "utf-8",
    rejects: Annotated[Path | None, typer.Option(help="Where.  [default: FILE-rejects.csv here]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row, write the rejects, send none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Book movements, counts (their differences are booked), or put products or their prices in lists, as a file says.

    Columns of movements: sku, quantity, reason [, location, note]; of counts: sku, counted [, location, note]; of
    products: sku, name [, price, currency, tax_rate, backorder, backorder_limit, safety_stock]; of prices: sku,
    price_list, currency, price [, includes_tax]. The same file again within a day books nothing twice. Exit code 3:
    some rows were rejected, and stand in a file with their reasons.
    """
    api = None if dry_run else api_of(context)
    run = StockImport(api, kind, digest(file), location=location)
    path = rejects or Path(f"{file.stem}-rejects.csv")
    try:
        rejected = _import(run, kind, file, path, delimiter, encoding)
    except UnreadableFileError as error:
        raise CliError(f"{file}: {error} The {run.taken} rows before it were taken.", error.remedy) from None
    figures: dict[str, Any] = {"rows": run.rows, "taken": run.taken, "rejected": rejected}
    figures |= {"rejects_file": str(path)} if rejected else {}
    if as_json:
        show_json(figures)
    else:
        show_fields({name.replace("_", " "): value for name, value in figures.items()})
    if api is not None:
        tell_trace(api)
    if rejected:
        raise typer.Exit(Exit.PARTIAL)


def _import(run: StockImport, kind: Kind, file: Path, path: Path, delimiter: str, encoding: str) -> int:
    """Send the rows of the file and write the rejects; how many."""
    with progress(kind.capitalize(), file.stat().st_size) as counter:
        layout = Layout(FILES[kind].needed, delimiter, encoding)
        records = read_records(file, layout, counter.advance)
        return write_row_rejects(path, run.rejects(records))


@stock_app.command("verify")
def verify(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make counters anew from the ledger and the orders.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Whether ledger, counters, locations, reservations and answers agree; exit code 1 where they do not.

    A repair makes projections anew and touches no fact: what contradicts itself in the ledger or the orders stays.
    """
    api = api_of(context)
    found = api.post(f"{BASE}/verify/repair", may_repeat=True) if repair else api.get(f"{BASE}/verify")
    if as_json:
        show_json(found)
    else:
        show_fields({name: _words(value) for name, value in found.items() if name != "differences"})
        for difference in found["differences"]:
            note(str(difference))
    if not found["ok"]:
        raise typer.Exit(Exit.FAILED)


def _counted(prices: dict[str, int]) -> str:
    return ", ".join(f"{count} in {currency}" for currency, count in prices.items())


def _words(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
