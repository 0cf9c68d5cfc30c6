"""`comptoir import orders`: take over the orders of another shop system from a file.

The formats and how a file is read stand in `services.orders.files`, what is sent in `imports`; here is what the person
says and gets to see.
"""

import contextlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from services.cli.client import Api
from services.cli.errors import CliError, Exit
from services.cli.imports.reports import credit_amount, write_credits, write_rejects
from services.cli.imports.sending import Sending
from services.cli.output import note, progress, show_fields, show_json
from services.cli.session import api_of, tell_trace
from services.orders.files.deciding import Kind
from services.orders.files.documents import Sender
from services.orders.files.loading import MappingError, changed, load_channels, load_mapping, shipped_mapping
from services.orders.files.mapping import Mapping
from services.orders.files.reading import UnreadableFileError, digest
from services.orders.files.staging import Staging
from services.orders.files.taking import take
from shared.money import from_minor, to_minor

import_app = typer.Typer(help="Take over data from files.", no_args_is_help=True)
UNMATCHED_SHOWN = 20
REASONS_SHOWN = 10
CSV = "csv"
"""The format whose mapping is the user's own."""


class OpeningStock(StrEnum):
    """How much stock the file brings with it."""

    EXACT = "exact"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Request:
    """What the person asked for, checked."""

    file: Path
    mapping: Mapping
    channels: dict[str, str]
    zone: ZoneInfo
    rejects: Path
    credits: Path


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(import_app, name="import")


@import_app.command("orders")
def import_orders(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV or XLSX file.")],
    form: Annotated[
        str | None, typer.Option("--format", help="What the file is: see `comptoir orders formats list`; or csv.")
    ] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="What the columns mean (YAML or TOML).")] = None,
    tax_rate: Annotated[str | None, typer.Option(help="Percent, where the file says none.  [default: 20]")] = None,
    opening_stock: Annotated[
        OpeningStock | None,
        typer.Option(help="exact: receive what the orders need, once per SKU.  [default: as the format says]"),
    ] = None,
    channel_map: Annotated[
        Path | None, typer.Option(help='Orders of marketplaces (TOML): amazon = ["536365"], ebay = ["536370"].')
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Of the moments in the file.  [default: the shop's]")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file.  [default: utf-8]")] = None,
    currency: Annotated[str | None, typer.Option(help="Where the file says none.  [default: the format's]")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Where.  [default: FILE-rejects.csv here]")] = None,
    credits: Annotated[Path | None, typer.Option(help="Where.  [default: FILE-credits.csv here]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Import orders. What is here already stays as it is, so an interrupted run is simply run again.

    Exit code 3: some rows were rejected, and stand in a file with their reasons.
    """
    api = api_of(context)
    try:
        mapping = _mapping(form, map_file, tax_rate=tax_rate, timezone=timezone, encoding=encoding, currency=currency)
        channels = load_channels(channel_map) if channel_map else {}
        request = Request(
            file=file,
            mapping=mapping,
            channels=channels,
            zone=ZoneInfo(mapping.timezone or _shop_zone(api, dry_run)),
            rejects=rejects or Path(f"{file.stem}-rejects.csv"),
            credits=credits or Path(f"{file.stem}-credits.csv"),
        )
    except MappingError as error:
        raise CliError(f"{error}.", "Correct it; docs/import.md names every setting.", Exit.USAGE) from None
    has_stock = mapping.opening_stock if opening_stock is None else opening_stock is OpeningStock.EXACT
    has_rejects = _run(api, request, has_stock=has_stock, dry_run=dry_run, as_json=as_json)
    if not dry_run:
        tell_trace(api)
    if has_rejects:
        raise typer.Exit(Exit.PARTIAL)


def _run(api: Api, request: Request, *, has_stock: bool, dry_run: bool, as_json: bool) -> bool:
    """Decide, send, report; whether there are rejects."""
    with Staging() as staging, _resumable():
        _read(request, staging)
        sender = Sender(request.mapping, request.channels, staging.name_of)
        sending = Sending(api, staging, sender, f"opening stock, import {digest(request.file)[:16]}")
        if dry_run:
            _ask(sending)
        else:
            existing = sending.send_products()
            if has_stock:
                sending.book_opening_stock(existing)
            sending.send_orders()
        _report(request, sending, as_json=as_json, dry_run=dry_run)
        return staging.count(Kind.REJECTED) > 0


def _ask(sending: Sending) -> None:
    """What would become of the orders; without a running Comptoir the rows are decided all the same."""
    try:
        sending.send_orders(dry_run=True)
    except CliError as error:
        note(f"The orders were not checked: {error.cause} Which of them are known already is not told.")


def _mapping(form: str | None, map_file: Path | None, **options: str | None) -> Mapping:
    """The mapping of the format, with what the options say instead; raises `MappingError`."""
    if map_file is not None and form not in (None, CSV):
        raise MappingError("--map belongs to --format csv")
    if map_file is None and form in (None, CSV):
        raise MappingError(
            "it is not said what the file is; name a --format, or with --map MAP.yaml what its columns mean"
        )
    mapping = shipped_mapping(str(form)) if map_file is None else load_mapping(map_file)
    chosen: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if "tax_rate" in chosen:
        try:
            chosen["tax_rate"] = Decimal(chosen["tax_rate"])
        except InvalidOperation:
            raise MappingError(f"--tax-rate is {chosen['tax_rate']!r}, no percentage") from None
    return changed(mapping, chosen, "the options")


def _shop_zone(api: Api, dry_run: bool) -> str:
    """The zone in which the shop's clocks run; a dry run without a server takes UTC."""
    try:
        return str(api.get("/api/v1/shop")["timezone"])
    except CliError:
        if dry_run:
            return "UTC"
        raise


def _read(request: Request, staging: Staging) -> None:
    """Decide every row of the file; raises `CliError` where it cannot be read."""
    mapping = request.mapping
    try:
        with progress("Reading", request.file.stat().st_size) as counter:
            take(request.file, mapping, request.zone, staging, counter.advance)
    except UnreadableFileError as error:
        raise CliError(f"{request.file}: {error} Nothing was imported.", error.remedy) from None
    for number in staging.unknown_orders(request.channels):
        note(f"The channel map names {number}, which is no order of the file.")


@contextlib.contextmanager
def _resumable() -> Any:
    try:
        yield
    except KeyboardInterrupt:
        raise CliError(
            "Interrupted.", "Run the same command again: it goes on where this one stopped.", Exit.INTERRUPTED
        ) from None


def _report(request: Request, sending: Sending, *, as_json: bool, dry_run: bool) -> None:
    """Write the files and show the figures, and why rows were left out."""
    staging, currency = sending.staging, request.mapping.currency
    rejected = write_rejects(request.rejects, staging)
    credited = write_credits(request.credits, staging, currency)
    unmatched = [credit for credit in staging.credits() if credit.of_line is None]
    figures = _figures(request, sending) | {
        "credits_unmatched": len(unmatched),
        "rejects_file": str(request.rejects) if rejected else None,
        "credits_file": str(request.credits) if credited else None,
    }
    if as_json:
        show_json(figures | {"dry_run": dry_run, "skipped_for": staging.reasons(Kind.SKIPPED)})
    else:
        statuses = ", ".join(f"{status} {orders}" for status, orders in figures["statuses"].items())
        told = figures | {"statuses": statuses or None}
        show_fields({name.replace("_", " "): value for name, value in told.items() if value is not None})
    for kind in (Kind.REJECTED, Kind.SKIPPED):
        _tell_reasons(kind, staging.reasons(kind))
    for credit in unmatched[:UNMATCHED_SHOWN]:
        row = credit.row
        worth = credit_amount(credit, currency)
        note(f"Unmatched credit: {row.order}, {row.quantity} x {row.sku}, {worth} {currency} (line {row.line})")
    if len(unmatched) > UNMATCHED_SHOWN:
        note(f"… and {len(unmatched) - UNMATCHED_SHOWN} more in {request.credits}")


def _tell_reasons(kind: Kind, reasons: dict[str, int]) -> None:
    for reason, rows in list(reasons.items())[:REASONS_SHOWN]:
        note(f"{kind.capitalize()}: {rows} x {reason}")
    if len(reasons) > REASONS_SHOWN:
        note(f"… for {len(reasons) - REASONS_SHOWN} more reasons")


def _figures(request: Request, sending: Sending) -> dict[str, Any]:
    """What was decided, and what was sent; the amount is that of the taken rows at their prices, in one currency."""
    staging, sent = sending.staging, sending.sent
    currencies = staging.currencies() or [request.mapping.currency]
    units, amount = staging.totals()
    price_kind = "gross" if request.mapping.prices_include_tax else "net"
    return {
        "rows": staging.count_rows(),
        "taken": staging.count(Kind.TAKEN),
        "rejected": staging.count(Kind.REJECTED),
        "skipped": staging.count(Kind.SKIPPED),
        "orders": staging.count_orders(),
        "statuses": staging.statuses(),
        "units": units,
        price_kind: str(from_minor(to_minor(amount, currencies[0]), currencies[0])) if len(currencies) == 1 else None,
        "currency": ", ".join(currencies),
        "orders_created": sent.created,
        "orders_known": sent.known,
        "orders_refused": sent.refused,
        "products_created": sent.products,
        "receipts_booked": sent.receipts,
        "units_received": sent.received_units,
        "credits": staging.count(Kind.CREDIT),
    }
