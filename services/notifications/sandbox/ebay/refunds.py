"""The refunds of the eBay-shaped sandbox: signed by the seller, made a moment later, never more than was paid."""

import base64
import binascii
import hashlib
import re
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import Request

from services.notifications.sandbox.ebay.orders import Orders

SIGNATURE_KEY = "sandbox.signature.key"
WHOLE = ""
"""In a line item's place: an amount of the whole order."""
NO_ITEM = 34914
TOO_MUCH = 34915
INPUT = re.compile(r"^sig1=(?P<parameters>\((?P<parts>[^)]*)\);created=[0-9]+)$")

Json = dict[str, Any]


class Refunds:
    """What was paid back, and the key that the seller signs with."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._key = Ed25519PrivateKey.generate()
        self._made: dict[str, dict[str, Decimal]] = {}
        self._count = 0

    @property
    def private_key(self) -> str:
        """The seller's half, as eBay's Key Management API gives it."""
        content = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return base64.b64encode(content).decode()

    def signed(self, request: Request, content: bytes) -> bool:
        """Whether this very call was signed with that key."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:" if content else None
        found = INPUT.match(request.headers.get("signature-input", ""))
        known = request.headers.get("x-ebay-signature-key") == SIGNATURE_KEY
        if found is None or not known or request.headers.get("content-digest") != digest:
            return False
        derived = {"@method": request.method, "@path": request.url.path, "@authority": request.url.netloc}
        names = [name.strip('"') for name in found["parts"].split()]
        lines = [f'"{name}": {derived.get(name) or request.headers.get(name, "")}' for name in names]
        lines.append(f'"@signature-params": {found["parameters"]}')
        try:
            signature = base64.b64decode(request.headers.get("signature", "").removeprefix("sig1=:").removesuffix(":"))
            self._key.public_key().verify(signature, "\n".join(lines).encode())
        except (binascii.Error, InvalidSignature):
            return False
        return True

    def refusal(self, order_id: str, body: Json) -> tuple[int, str] | None:
        """Why eBay does not pay this back: its code and words. Of an order nobody bought it takes all."""
        order = self._orders.find(order_id)
        if order is None:
            return None
        wanted = _wanted(body)
        unknown = self._orders.unknown(order_id, [item for item in wanted if item != WHOLE])
        if unknown is not None:
            return NO_ITEM, "Can't find the item in the order."
        paid = {line["lineItemId"]: Decimal(line["lineItemCost"]["value"]) for line in order["lineItems"]}
        total = Decimal(order["pricingSummary"]["total"]["value"])
        made = self._made.get(order_id, {})
        over = any(item in paid and made.get(item, Decimal(0)) + wanted[item] > paid[item] for item in wanted)
        if over or sum(made.values(), Decimal(0)) + sum(wanted.values(), Decimal(0)) > total:
            return TOO_MUCH, "The refund amount exceeds order amount."
        return None

    def make(self, order_id: str, body: Json) -> str:
        """Pay back; the refund's id. What is no line item's stands with the order alone."""
        order, made = self._orders.find(order_id), self._made.setdefault(order_id, {})
        self._count += 1
        reference, wanted = f"5{self._count:09d}", _wanted(body)
        for item, amount in wanted.items():
            made[item] = made.get(item, Decimal(0)) + amount
        if order is not None:
            for item in body.get("refundItems") or ():
                line = next(line for line in order["lineItems"] if line["lineItemId"] == item["lineItemId"])
                line.setdefault("refunds", []).append({"amount": item["refundAmount"], "refundId": reference})
            total = {"value": str(sum(wanted.values(), Decimal(0))), "currency": _currency(body)}
            known = order.setdefault("paymentSummary", {"payments": []}).setdefault("refunds", [])
            known.append({"refundId": reference, "refundStatus": "REFUNDED", "amount": total})
        return reference


def _wanted(body: Json) -> dict[str, Decimal]:
    """Amounts by line item."""
    if "orderLevelRefundAmount" in body:
        return {WHOLE: Decimal(body["orderLevelRefundAmount"]["value"])}
    return {item["lineItemId"]: Decimal(item["refundAmount"]["value"]) for item in body["refundItems"]}


def _currency(body: Json) -> str:
    amount = body.get("orderLevelRefundAmount") or body["refundItems"][0]["refundAmount"]
    return str(amount["currency"])
