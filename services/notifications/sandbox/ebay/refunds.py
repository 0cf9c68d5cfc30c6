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
INPUT = re.compile(r"^sig1=(?P<parameters>\((?P<parts>[^)]*)\);created=[0-9]+)$")

Json = dict[str, Any]


class Refunds:
    """What was paid back, and the key that the seller signs with."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._key = Ed25519PrivateKey.generate()
        self._made: dict[str, Decimal] = {}

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

    def make(self, order_id: str, body: Json) -> tuple[str | None, str | None]:
        """The refund's id, or why there is none."""
        order = self._orders.find(order_id)
        wanted = {item["lineItemId"]: Decimal(item["refundAmount"]["value"]) for item in body["refundItems"]}
        paid = {line["lineItemId"]: Decimal(line["lineItemCost"]["value"]) for line in _items(order)}
        for item, amount in wanted.items():
            if item in paid and self._made.get(item, Decimal(0)) + amount > paid[item]:
                return None, "The refund is more than was paid."
        reference = f"5{len(self._made) + 1:09d}"
        for item in body["refundItems"]:
            self._made[item["lineItemId"]] = self._made.get(item["lineItemId"], Decimal(0)) + wanted[item["lineItemId"]]
            for line in _items(order):
                if line["lineItemId"] == item["lineItemId"]:
                    line.setdefault("refunds", []).append({"amount": item["refundAmount"], "refundId": reference})
        if order is not None:
            made = {"refundId": reference, "refundStatus": "REFUNDED"}
            order.setdefault("paymentSummary", {"payments": []}).setdefault("refunds", []).append(made)
        return reference, None


def _items(order: Json | None) -> list[Json]:
    return [] if order is None else order["lineItems"]
