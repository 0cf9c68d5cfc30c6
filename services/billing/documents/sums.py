"""What a document comes to, and how it is paid: sums that are all in the snapshot, put into figures."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.billing.documents.figures import NO_BREAK, day, grouped, money, number, percent
from services.billing.documents.parts import Part


def rates(part: Part) -> list[list[str]]:
    """A row a tax rate: rate, net, tax, gross."""
    return [
        [percent(rate["rate"], part.language), *(number(rate[name], part.language) for name in ("net", "tax", "gross"))]
        for rate in part.snapshot["rates"]
    ]


def totals(part: Part) -> list[list[str]]:
    """Label and amount above the balance."""
    sums, labels, paid = part.snapshot["totals"], part.labels, part.snapshot["paid"]
    rows = [[labels["total_net"], part.money(sums["net"])], [labels["total_tax"], part.money(sums["tax"])]]
    if Decimal(paid) and part.kind != "credit_note":
        rows.append([labels["total_gross"], part.money(sums["gross"])])
        rows.append([labels["paid"], part.money(f"-{paid}")])
    return rows


def balance(part: Part) -> list[str]:
    """The one figure a reader looks for."""
    if part.kind == "credit_note":
        return [part.labels["credited"], part.money(part.snapshot["totals"]["gross"])]
    label = part.labels["due"] if Decimal(part.snapshot["paid"]) else part.labels["total_gross"]
    return [label, part.money(part.snapshot["due"])]


def in_euros(part: Part) -> list[str]:
    """The tax in euros and the rate it was converted at, where the document is in another currency."""
    told = part.snapshot.get("euros")
    if told is None:
        return []
    tax = money(told["totals"]["tax"], "EUR", part.language)
    rate = f"{number(told['rate'], part.language)}{NO_BREAK}{part.snapshot['currency']}"
    published = day(told["day"], part.language)
    return [part.labels["tax_in_euros"].format(tax=tax, rate=rate, source=told["source"], day=published)]


def payment(part: Part, terms: str, thanks: str) -> Mapping[str, Any] | None:
    """How an invoice is paid, or that it is; on another paper only where to transfer money that it waits for."""
    due, iban = Decimal(part.snapshot["due"]) > 0, part.snapshot["seller"]["iban"]
    where = {"iban": grouped(iban, 4) if iban else None, "reference": part.snapshot["number"]}
    if part.kind == "invoice":
        return {"terms": terms} | where if due else {"settled": thanks}
    awaited = due and (part.snapshot.get("payment") or {}).get("method") == "transfer"
    return {"terms": part.labels["method_transfer"]} | where if awaited and iban else None
