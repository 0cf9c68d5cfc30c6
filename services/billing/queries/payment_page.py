"""What the payment page shows of an order, in its client's language: lines, amounts, messages, ways to pay."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from babel import Locale
from babel.numbers import format_currency

from services.billing.domain import payment_fact
from services.billing.domain.charging import ChargeState
from services.billing.domain.methods import Method, MethodKind
from services.billing.payments.words import words_of
from services.billing.queries.charges import Charge
from services.billing.queries.links import Asked
from shared.contracts import PaymentState
from shared.money import from_minor

_PAID = frozenset({PaymentState.PAID, PaymentState.PARTLY_REFUNDED, PaymentState.REFUNDED})
Words = Mapping[str, str]


def page_of(
    asked: Asked, tried: Sequence[Charge], offered: Sequence[Method], *, account: bool, back: str | None, opening: bool
) -> dict[str, Any]:
    """The template's values. `account`: cards can be charged; `back`: the attempt that the client comes back from."""
    order = asked.order
    language, words = words_of(order.language)
    returning = next((charge for charge in tried if charge.id == back), None)
    processing = any(charge.state is ChargeState.PROCESSING for charge in tried)
    waiting = opening or processing or (returning is not None and returning.state is ChargeState.OPEN)
    usable = [method for method in offered if method.active and (method.provider is None or account)]
    asks = asked.amount > 0 and not waiting

    def amount(minor: int) -> str:
        return str(format_currency(from_minor(minor, order.currency), order.currency, locale=Locale(language)))

    totals = [(words["total"], amount(order.totals.gross))]
    if asked.paid.kept:
        totals.append((words["paid"], amount(asked.paid.kept)))
    if asked.amount:
        totals.append((words["due"], amount(asked.amount)))
    return {
        "language": language,
        "say": {key: text.replace("{code}", order.code) for key, text in words.items()},
        "shop": asked.shop.title,
        "waiting": waiting,
        "messages": list(
            _messages(asked, tried, offered, words, opening=opening, waiting=waiting, usable=bool(usable))
        ),
        "lines": [
            {"name": line.name, "quantity": line.quantity, "amount": amount(line.gross)}
            for line in order.lines
            if line.quantity
        ],
        "totals": totals,
        "methods": [_offer(method, asked, words, amount(asked.amount), place) for place, method in enumerate(usable)]
        if asks
        else [],
    }


def _messages(
    asked: Asked,
    tried: Sequence[Charge],
    offered: Sequence[Method],
    words: Words,
    *,
    opening: bool,
    waiting: bool,
    usable: bool,
) -> Iterator[dict[str, str]]:
    """What the client is told above the table."""
    if opening:
        yield {"kind": "info", "text": words["opening"]}
    elif waiting:
        yield {"kind": "info", "text": words["waiting"]}
    elif not asked.amount:
        paid = payment_fact(asked.order, asked.paid) in _PAID
        yield {"kind": "good", "text": words["correct"] if paid else f"{words['correct']} {words['nothing']}"}
        if asked.paid.progress is PaymentState.AUTHORISED:
            yield {"kind": "info", "text": words["held"]}
    else:
        yield from _asking(asked, tried, offered, words)
        if not usable:
            yield {"kind": "bad", "text": words["none"]}


def _asking(asked: Asked, tried: Sequence[Charge], offered: Sequence[Method], words: Words) -> Iterator[dict[str, str]]:
    newest = tried[-1] if tried else None
    if newest is None:
        return
    if newest.state in (ChargeState.FAILED, ChargeState.REJECTED):
        yield {"kind": "bad", "text": words["failed"]}
    elif newest.state is ChargeState.ANNOUNCED:
        method = next((one for one in offered if one.id == newest.method), None)
        name = method.name(asked.order.language) if method else newest.method
        said = [words["announced"].format(method=name), *(_how(method, asked, words) if method else ())]
        yield {"kind": "info", "text": "\n".join(said)}


def _offer(method: Method, asked: Asked, words: Words, amount: str, place: int) -> dict[str, Any]:
    name = method.name(asked.order.language)
    text = words["pay" if method.provider else "announce"].format(amount=amount, method=name)
    return {
        "id": method.id,
        "text": text,
        "first": place == 0,
        "instruction": "\n".join(_how(method, asked, words)),
    }


def _how(method: Method, asked: Asked, words: Words) -> Iterator[str]:
    """What the client has to do: the seller's own words, and for a transfer where it goes."""
    if own := method.instruction(asked.order.language):
        yield own
    if method.kind is MethodKind.TRANSFER and asked.shop.legal.iban:
        yield words["iban"].format(iban=asked.shop.legal.iban)
    if method.provider is None and method.kind in (MethodKind.TRANSFER, MethodKind.CHEQUE):
        yield words["reference"].format(code=asked.order.code)
