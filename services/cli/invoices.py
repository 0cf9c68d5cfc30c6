"""`comptoir invoices`: documents made here and elsewhere, credit notes by hand, the proof of all, the accounts."""

import secrets
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import Api, segment
from services.cli.errors import CliError, Exit
from services.cli.output import note, progress, show_fields, show_items, show_json, show_table
from services.cli.places import quantities
from services.cli.saving import save
from services.cli.session import api_of, tell_trace

invoices_app = typer.Typer(help="Invoices, credit notes and the accounts they make.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
Document = Annotated[str, typer.Argument(help="The document's number, or its id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, as the client will read it.")]
BASE = "/api/v1/billing"
PROVED = 500
"""Documents that are proved in one request: some 30 MB of PDFs."""
COLUMNS = {
    "number": "number",
    "kind": "kind",
    "order": "order",
    "issued on": "issued_on",
    "gross": "totals.gross",
    "currency": "currency",
    "id": "id",
}
LINES = ("line", "sku", "name", "quantity", "net", "tax", "gross")
CLOSING = {"n": "n", "period": "period", "ends on": "ends_on", "closed at": "closed_at", "hash": "hash"}


class Report(StrEnum):
    """What the accounts can be seen as."""

    VAT = "vat"
    E_REPORTING = "e-reporting"
    JOURNAL = "journal"
    PAYMENTS = "payments"
    FEC = "fec"


class Form(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(invoices_app, name="invoices")


@invoices_app.command("list")
def list_invoices(
    context: typer.Context,
    order: Annotated[str | None, typer.Option(help="An order's code.")] = None,
    kind: Annotated[str | None, typer.Option(help="invoice or credit_note.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 200,
    as_json: Json = False,
) -> None:
    """The documents, the newest first; an order's in the order of issue."""
    items = api_of(context).pages(f"{BASE}/documents", limit=limit, order=order, kind=kind)
    show_items(items, COLUMNS, as_json=as_json, empty="There is none.")


@invoices_app.command("import")
def import_invoice(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A PDF, or CII or UBL.")],
    order: Annotated[str | None, typer.Option(help="The order's code.  [default: the one that the file names]")] = None,
    number: Annotated[str | None, typer.Option(help="The issuer's number, where the file does not say it.")] = None,
    issued_on: Annotated[str | None, typer.Option(help="The same of the date: 2026-11-22.")] = None,
    gross: Annotated[str | None, typer.Option(help="The same of the total with tax: 116.80.")] = None,
    currency: Annotated[str | None, typer.Option(help="The same of the currency: EUR.")] = None,
    as_json: Json = False,
) -> None:
    """Import the invoice of an order that other software made; the same file again changes nothing."""
    said = {"number": number, "issued_on": issued_on, "gross": gross, "currency": currency}
    path = f"{BASE}/external-invoices" if order is None else f"{BASE}/orders/{segment(order)}/external-invoices"
    api = api_of(context)
    found = api.upload(path, file, {name: text for name, text in said.items() if text is not None})
    tell_trace(api)
    _show(found, as_json=as_json)


@invoices_app.command("void")
def void(
    context: typer.Context,
    invoice: Annotated[str, typer.Argument(help="The id of an imported invoice (`comptoir invoices list`).")],
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    as_json: Json = False,
) -> None:
    """Take an import back; it stays in the list, and what the order then asks for is issued."""
    api = api_of(context)
    found = api.post(f"{BASE}/external-invoices/{segment(invoice)}/void", {"reason": reason})
    tell_trace(api)
    _show(found, as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        show_items([found], COLUMNS, as_json=False, empty="")


@invoices_app.command("show")
def show_invoice(context: typer.Context, document: Document, as_json: Json = False) -> None:
    """One document, with what was sealed."""
    api = api_of(context)
    found = api.get(f"{BASE}/documents/{_id_of(api, document)}")
    if as_json:
        show_json(found)
        return
    snapshot = found["snapshot"]
    buyer = " ".join(filter(None, (snapshot["buyer"]["company"], snapshot["buyer"]["name"])))
    show_fields(
        {name: found[name] for name in ("number", "kind", "id", "order", "issued_on", "currency")}
        | {"buyer": buyer, "refers to": (snapshot["refers_to"] or {}).get("number"), "live": found["live"]}
        | {name: found["totals"][name] for name in ("net", "tax", "gross")}
        | {"hash": found["hash"], "PDF sha256": found["sha256"]}
    )
    print()
    show_table(LINES, [[str(line[name]) for name in LINES] for line in snapshot["lines"]])


@invoices_app.command("credit")
def credit_invoice(
    context: typer.Context,
    document: Document,
    reason: Reason,
    line: Annotated[list[str] | None, typer.Option(help="LINE=QUANTITY; else all that is left.")] = None,
    amount: Annotated[str | None, typer.Option(help="An amount instead, like 12.50.")] = None,
    refund: Annotated[str | None, typer.Option(help="The method by which the money went back, too.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would say.")] = False,
    as_json: Json = False,
) -> None:
    """Credit an invoice: all that is left of it, units of its lines, or an amount."""
    body: dict[str, Any] = {"reason": reason, "lines": quantities(line), "amount": amount}
    body["refund"] = {"method": refund} if refund else None
    api = api_of(context)
    path = f"{BASE}/documents/{_id_of(api, document)}/credit-notes"
    if dry_run:
        seen = api.post(path, body, may_repeat=True, query={"dry_run": True})
        _tell(seen, {"it would leave": seen["left"]}, as_json=as_json)
        return
    made = api.post(path, body, key=secrets.token_hex(16))
    _tell(made, {"number": made["number"]}, as_json=as_json)
    tell_trace(api)


@invoices_app.command("reissue")
def reissue_invoice(context: typer.Context, document: Document, reason: Reason, as_json: Json = False) -> None:
    """Credit an invoice in full and issue it as the order now is; one credited by hand is issued again."""
    api = api_of(context)
    path = f"{BASE}/documents/{_id_of(api, document)}/reissue"
    made = api.post(path, {"reason": reason}, key=secrets.token_hex(16))
    show_items(made["items"], COLUMNS, as_json=as_json, empty="Nothing was issued.")
    tell_trace(api)


@invoices_app.command("closings")
def list_closings(
    context: typer.Context,
    period: Annotated[str | None, typer.Option(help="day, month or year.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 60,
    as_json: Json = False,
) -> None:
    """Closed days, months and years, the newest first."""
    items = api_of(context).pages(f"{BASE}/closings", limit=limit, period=period)
    show_items(items, CLOSING, as_json=as_json, empty="No day is closed yet.")


@invoices_app.command("report")
def report(
    context: typer.Context,
    name: Annotated[Report, typer.Argument(help="Which one.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.CSV,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file; - is stdout.")] = Path("-"),
    currency: Annotated[str | None, typer.Option(help="Of the FEC.  [default: the shop's]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """VAT, e-reporting totals, journals, or the FEC, made from the documents."""
    query = {"from": f"{first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}", "format": Form.JSON if as_json else form}
    if currency is not None:
        query["currency"] = currency
    save(output, api_of(context).pieces(f"{BASE}/reports/{name}", **query))


@invoices_app.command("verify")
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Whether every series, document and closed day is as it was sealed; exit code 1 where one is not."""
    found = _proof(api_of(context))
    if as_json:
        show_json(found)
    else:
        columns = {"series": "series", "documents": "documents", "ok": "ok"}
        show_items(found["series"], columns, as_json=False, empty="Nothing has been issued.")
        for problem in found["problems"]:
            note(f"{problem['number']}: {problem['problem']}")
    if not found["ok"]:
        raise typer.Exit(Exit.FAILED)


def _proof(api: Api) -> dict[str, Any]:
    """The pages of a proof as one."""
    page = api.get(f"{BASE}/verify", limit=PROVED)
    series, problems = {one["series"]: one for one in page["series"]}, page["problems"]
    with progress("Documents", page["total"]) as counter:
        counter.advance(page["checked"])
        while page["next"]:
            page = api.get(f"{BASE}/verify", limit=PROVED, after=page["next"])
            for one in page["series"]:
                series[one["series"]] = one | {"ok": one["ok"] and series.get(one["series"], one)["ok"]}
            problems += page["problems"]
            counter.advance(page["checked"])
    return {
        "ok": not problems,
        "series": list(series.values()),
        "closings": page["closings"],
        "problems": problems,
    }


def _tell(document: dict[str, Any], more: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    show_fields(more | document["totals"] | {"currency": document["currency"]})


def _id_of(api: Api, document: str) -> str:
    """The id of a document that is named by its number, or by its id."""
    found = api.get(f"{BASE}/documents", number=document)["items"]
    if len(found) > 1:
        raise CliError(f"Several documents bear {document}.", "Name one by its id: comptoir invoices list.", Exit.USAGE)
    return str(found[0]["id"]) if found else segment(document)
