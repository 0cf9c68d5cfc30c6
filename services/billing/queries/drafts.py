"""A credit note before it is issued, as people see it: what it would take back, and what it would leave."""

from collections.abc import Sequence
from typing import Any

from services.billing.domain import Draft, Issued, live_invoices, written
from shared.money import NOTHING, from_minor


def draft_view(draft: Draft, currency: str, documents: Sequence[Issued]) -> dict[str, Any]:
    """Like a document, without number and date; `left` is what would remain of the invoice, gross."""
    total = sum((position.amounts for position in draft.positions), NOTHING)
    invoice = next(one for one in live_invoices(documents) if one.id == draft.refers_to)
    rates = sorted({position.tax_rate for position in draft.positions}, reverse=True)
    return {
        "kind": str(draft.kind),
        "refers_to": draft.refers_to,
        "currency": currency,
        "totals": written(total, currency),
        "left": str(from_minor(invoice.value - total.gross, currency)),
        "lines": [
            {"line": position.line, "sku": position.sku, "name": position.name, "quantity": position.quantity}
            | written(position.amounts, currency)
            for position in draft.positions
        ],
        "rates": [
            {"rate": f"{rate.normalize():f}"}
            | written(sum((one.amounts for one in draft.positions if one.tax_rate == rate), NOTHING), currency)
            for rate in rates
        ],
    }
