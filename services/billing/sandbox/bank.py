"""The sandbox's memory: sessions, payments, refunds and disputes as Stripe's documents, and the events they cause."""

import secrets
from collections import deque
from datetime import timedelta
from enum import StrEnum
from typing import Any

import orjson

from shared.database import Clock

Document = dict[str, Any]


class Card(StrEnum):
    """What the page offers a client to pay with."""

    GOOD = "good"
    DECLINED = "declined"
    ACTION = "action"
    """The bank asks the client to confirm (3-D Secure)."""
    SLOW = "slow"
    """Nobody knows for a while; the page of the payment decides later."""
    TIMEOUT = "timeout"
    """The page is left alone until its time is over."""


class Bank:
    """Everything the sandbox knows, lost at its end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sessions: dict[str, Document] = {}
        self.intents: dict[str, Document] = {}
        self.refunds: dict[str, Document] = {}
        self.disputes: dict[str, Document] = {}
        self.answers: dict[str, tuple[bytes, int, Document]] = {}
        """By Idempotency-Key: the request's body, and what it was answered."""
        self._events: deque[Document] = deque()

    def open(self, form: Document, origin: str) -> Document:
        """A session for a form that was checked; its page stands at `origin`, where the client came from."""
        id_ = f"cs_test_{secrets.token_hex(16)}"
        line = form["line_items"][0]
        self.sessions[id_] = {
            "id": id_,
            "object": "checkout.session",
            "mode": form["mode"],
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": int(line["price_data"]["unit_amount"]) * int(line["quantity"]),
            "currency": line["price_data"]["currency"],
            "client_reference_id": form.get("client_reference_id"),
            "metadata": form.get("metadata", {}),
            "payment_intent": None,
            "success_url": form["success_url"],
            "cancel_url": form.get("cancel_url"),
            "expires_at": int(form.get("expires_at") or (self._clock() + timedelta(days=1)).timestamp()),
            "url": f"{origin}/sandbox/payments/pay/{id_}",
            "x_payment": form.get("payment_intent_data", {}),
        }
        return self.sessions[id_]

    def shown(self, session: Document, *, expanded: bool = False) -> Document:
        """A session as the API shows it: ended once its time is over, its payment in full where that is asked."""
        if session["status"] == "open" and session["expires_at"] <= self._clock().timestamp():
            self.expire(session)
        shown = {name: value for name, value in session.items() if not name.startswith("x_")}
        if session["status"] != "open":
            shown["url"] = None
        if expanded and session["payment_intent"]:
            shown["payment_intent"] = self.intents[session["payment_intent"]]
        return shown

    def expire(self, session: Document) -> None:
        session["status"] = "expired"
        self._happened("checkout.session.expired", session)

    def pay(self, session: Document, card: Card) -> Document:
        """The client has given a card; the payment as it then is."""
        intent = self._intent(session)
        if card is Card.DECLINED:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined", "message": "Your card was declined."}
            self._happened("payment_intent.payment_failed", intent)
        elif card is Card.ACTION:
            intent["status"] = "requires_action"
        elif card is Card.SLOW:
            intent["status"] = "processing"
            self._complete(session, "unpaid")
        elif card is Card.GOOD:
            self._authorise(session, intent)
        return intent

    def decide(self, session: Document, *, good: bool) -> None:
        """The bank has decided about a card that needed action, or that was slow."""
        intent = self.intents[session["payment_intent"]]
        if good:
            self._authorise(session, intent)
            return
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"code": "authentication_required", "message": "The bank refused the payment."}
        self._happened("payment_intent.payment_failed", intent)
        if session["status"] == "complete":
            self._happened("checkout.session.async_payment_failed", session)

    def capture(self, intent: Document) -> None:
        """Take the money that was authorised."""
        charge = {"id": f"ch_{secrets.token_hex(12)}", "object": "charge", "amount_refunded": 0, "disputed": False}
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge}
        self._happened("payment_intent.succeeded", intent)

    def cancel(self, intent: Document) -> None:
        intent["status"] = "canceled"
        self._happened("payment_intent.canceled", intent)

    def refund(self, intent: Document, amount: int, metadata: Document) -> Document:
        """Give money back that was captured and is left."""
        id_ = f"re_{secrets.token_hex(12)}"
        self.refunds[id_] = {
            "id": id_,
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": metadata,
        }
        intent["latest_charge"]["amount_refunded"] += amount
        self._happened("refund.created", self.refunds[id_])
        return self.refunds[id_]

    def dispute(self, intent: Document, status: str) -> None:
        """The client's bank takes the payment back, or has decided who is right."""
        found = next((one for one in self.disputes.values() if one["payment_intent"] == intent["id"]), None)
        if found is None:
            found = {"id": f"dp_{secrets.token_hex(12)}", "object": "dispute", "payment_intent": intent["id"]}
            self.disputes[found["id"]] = found
        found["status"] = status
        intent["latest_charge"]["disputed"] = True
        kind = "charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.created"
        self._happened(kind, found)

    def unsent(self) -> list[tuple[Document, bytes]]:
        """The events that were not taken yet, oldest first, and their bytes."""
        return [(event, orjson.dumps(event)) for event in self._events]

    def sent(self, event_id: str) -> None:
        self._events = deque(event for event in self._events if event["id"] != event_id)

    @staticmethod
    def order_in(event: Document) -> str | None:
        """The order's code, where the event's object carries it."""
        found = event["data"]["object"].get("metadata") or {}
        code: str | None = found.get("order")
        return code

    def _intent(self, session: Document) -> Document:
        if session["payment_intent"] is None:
            id_ = f"pi_{secrets.token_hex(12)}"
            self.intents[id_] = {
                "id": id_,
                "object": "payment_intent",
                "amount": session["amount_total"],
                "amount_received": 0,
                "currency": session["currency"],
                "capture_method": session["x_payment"].get("capture_method", "automatic"),
                "metadata": session["x_payment"].get("metadata", {}),
                "status": "requires_payment_method",
                "last_payment_error": None,
                "latest_charge": None,
            }
            session["payment_intent"] = id_
        return self.intents[session["payment_intent"]]

    def _authorise(self, session: Document, intent: Document) -> None:
        intent["last_payment_error"] = None
        if intent["capture_method"] == "manual":
            intent["status"] = "requires_capture"
            self._complete(session, "unpaid")
            self._happened("payment_intent.amount_capturable_updated", intent)
            return
        self.capture(intent)
        self._complete(session, "paid")

    def _complete(self, session: Document, payment_status: str) -> None:
        again = session["status"] == "complete"
        session |= {"status": "complete", "payment_status": payment_status}
        self._happened("checkout.session.async_payment_succeeded" if again else "checkout.session.completed", session)

    def _happened(self, kind: str, about: Document) -> None:
        shown = {name: value for name, value in about.items() if not name.startswith("x_")}
        self._events.append(
            {
                "id": f"evt_{secrets.token_hex(12)}",
                "object": "event",
                "type": kind,
                "created": int(self._clock().timestamp()),
                "data": {"object": orjson.loads(orjson.dumps(shown))},
            }
        )
