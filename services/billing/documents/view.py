"""The words and figures of a document, in its language: everything its template prints, as strings.

The template lays out and decides nothing. What the law asks for was chosen when the document was issued and stands in
the snapshot (`mentions`). Neighbours: `parts` (who, when, what, in words), `first_view` (documents issued under
template 1), `looks` (the shop's own).
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import segno

from services.billing.documents.figures import day, number
from services.billing.documents.looks import PLAIN_LOOK, Look
from services.billing.documents.parts import Part, facts, imprint, line, parties, promotions, settlement
from services.billing.documents.sums import balance, in_euros, payment, rates, totals

Snapshot = Mapping[str, Any]

TITLES = {"order": "order_form"}
"""Labels of kinds that are not called as they are named."""


def view(
    snapshot: Snapshot, look: Look = PLAIN_LOOK, *, language: str | None = None, mark: str | None = None
) -> dict[str, Any]:
    """What `templates/2/*.typ` read (as JSON); `mark` is the label of a word printed across the head."""
    part = Part.of(snapshot, language or snapshot["language"])
    labels, theme = part.labels, look.theme
    kind = labels[TITLES.get(part.kind, part.kind)]
    word = mark or ("test" if snapshot.get("test") else None)
    return {
        "language": part.language,
        "labels": labels,
        "kind": kind,
        "number": snapshot["number"],
        "title": f"{kind} {snapshot['number']}",
        "mark": labels[word] if word else None,
        "issued_on": snapshot["issued_on"],
        "day": day(snapshot["issued_on"], part.language),
        "brand": snapshot["seller"]["title"],
        "look": {"accent": theme.accent, "font": look.font, "logo": look.logo},
        "parties": parties(part),
        "facts": facts(part),
        "reason": _reason(part),
        "greeting": _own(look, part, "greeting"),
        "lines": [line(part, one) for one in snapshot["lines"]],
        "picks": _picks(part),
        "pieces": number(str(sum(pick["quantity"] for pick in snapshot.get("picks", ()))), part.language),
        "included": snapshot["prices_include_tax"],
        "rates": rates(part),
        "totals": totals(part),
        "balance": balance(part),
        "promotions": promotions(part),
        "payment": payment(part, _own(look, part, "terms", snapshot.get("payment_terms")), _own(look, part, "thanks")),
        "settlement": settlement(part),
        "gift": snapshot.get("gift"),
        "farewell": _own(look, part, "farewell"),
        "mentions": [*snapshot["mentions"], *in_euros(part), *theme.mentions.get(part.language, ())],
        "imprint": imprint(part),
        "footer": theme.footer.get(part.language),
        "code": _qr(snapshot["order"]["code"]),
    }


def _own(look: Look, part: Part, name: str, issued_with: str | None = None) -> str:
    """The shop's own words where its theme has them, else those the document was issued with, else ours."""
    return look.theme.texts.get(part.language, {}).get(name) or issued_with or part.labels[name]


def _reason(part: Part) -> str | None:
    """What a credit note takes back, and why."""
    refers_to = part.snapshot["refers_to"]
    if refers_to is None:
        return None
    labels, issued = part.labels, day(refers_to["issued_on"], part.language)
    return labels["credits"].format(number=refers_to["number"], day=issued, why=_why(part))


def _why(part: Part) -> str:
    """The words of whoever credited by hand, else the reason's own."""
    reason: str = part.snapshot["reason"]
    return str(part.snapshot["by_hand"]["text"]) if reason == "manual" else part.labels[reason]


def _picks(part: Part) -> list[dict[str, str]]:
    """A packing slip's rows; no price among them."""
    return [
        {
            "sku": pick["sku"],
            "name": pick["name"],
            "quantity": number(str(pick["quantity"]), part.language),
            "ordered": number(str(pick["ordered"]), part.language),
        }
        for pick in part.snapshot.get("picks", ())
    ]


def _qr(code: str) -> str:
    """An order's code for scanners, as an SVG without a border."""
    written = BytesIO()
    segno.make_qr(code, error="m").save(written, kind="svg", border=0, omitsize=True, xmldecl=False)
    return written.getvalue().decode()
