"""Stripe's objects read into what billing knows of a payment (`domain.charging.Seen`); words are kept open.

A value that is missing or of another shape than documented never breaks a look: what is not understood is as it was.
"""

from datetime import UTC, datetime
from typing import Any

from services.billing.domain.charging import ChargeState, Seen, SeenRefund
from services.billing.payments.units import from_provider

_INTENTS = {
    "succeeded": ChargeState.CAPTURED,
    "requires_capture": ChargeState.AUTHORISED,
    "processing": ChargeState.PROCESSING,
    "canceled": ChargeState.EXPIRED,
}

_KEPT = ("id", "object", "status", "payment_status", "payment_intent", "amount", "amount_total", "currency", "reason")


class Unreadable(ValueError):
    """The answer has not the shape that Stripe documents."""


def seen_session(session: dict[str, Any]) -> Seen:
    """A Checkout session, its payment expanded where there is one. Raises `Unreadable`."""
    intent = session.get("payment_intent")
    payment = intent if isinstance(intent, dict) else {}
    currency = str(payment.get("currency") or session.get("currency") or "").upper()
    if not isinstance(session.get("id"), str) or not currency.isalpha():
        raise Unreadable("no id or currency in the session")
    state = _state(session, payment)
    received = payment.get("amount_received") if payment else session.get("amount_total")
    captured = _whole(received) if state is ChargeState.CAPTURED else 0
    error = payment.get("last_payment_error") or {}
    return Seen(
        session=session["id"],
        state=state,
        currency=currency,
        intent=payment.get("id") or (intent if isinstance(intent, str) else None),
        url=session.get("url") if state is ChargeState.OPEN else None,
        expires_at=_moment(session.get("expires_at")),
        captured=from_provider(captured, currency),
        reason=error.get("message") or error.get("code"),
    )


def seen_refund(refund: dict[str, Any]) -> SeenRefund:
    """A refund. Raises `Unreadable`."""
    currency = str(refund.get("currency") or "").upper()
    if not isinstance(refund.get("id"), str) or not currency.isalpha():
        raise Unreadable("no id or currency in the refund")
    return SeenRefund(
        reference=refund["id"],
        amount=from_provider(_whole(refund.get("amount")), currency),
        currency=currency,
        status=str(refund.get("status") or "pending"),
        refund_id=(refund.get("metadata") or {}).get("refund"),
    )


def is_disputed(session: dict[str, Any]) -> bool:
    """Whether the client's bank takes the payment back."""
    charge = _charge(session)
    return bool(charge.get("disputed"))


def is_refunded(session: dict[str, Any]) -> bool:
    """Whether anything was paid back, here or in the provider's own back office."""
    return _whole(_charge(session).get("amount_refunded")) > 0


def kept_of(event: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an event, whose `data` is an object: what it is about and how that stood, nothing of a person."""
    found = (event.get("data") or {}).get("object") or {}
    about = found if isinstance(found, dict) else {}
    kept = {name: value for name in _KEPT if isinstance(value := about.get(name), str | int | bool)}
    return {name: event.get(name) for name in ("id", "type", "created")} | {"object": kept}


def names_in(event: dict[str, Any]) -> list[str]:
    """By which a charge of ours may be found: our id, the session's, the payment's."""
    found = (event.get("data") or {}).get("object")
    if not isinstance(found, dict):
        return []
    intent, metadata = found.get("payment_intent"), found.get("metadata")
    named = [
        found.get("id"),
        intent.get("id") if isinstance(intent, dict) else intent,
        metadata.get("charge") if isinstance(metadata, dict) else None,
    ]
    return [name for name in named if isinstance(name, str) and len(name) <= 255 and "\0" not in name]


def _state(session: dict[str, Any], payment: dict[str, Any]) -> ChargeState:
    known = _INTENTS.get(str(payment.get("status")))
    if known is not None:
        return known
    if session.get("status") == "expired":
        return ChargeState.EXPIRED
    if session.get("status") == "complete":
        paid = session.get("payment_status") == "paid" and not payment
        return ChargeState.CAPTURED if paid else ChargeState.FAILED
    return ChargeState.OPEN


def _charge(session: dict[str, Any]) -> dict[str, Any]:
    intent = session.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return charge if isinstance(charge, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _moment(value: object) -> datetime | None:
    seconds = _whole(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 10**11 else None
