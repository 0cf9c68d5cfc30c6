"""Stripe's signatures of its events: HMAC-SHA256 over the moment and the raw bytes, good for five minutes.

Stripe-Signature: t=1700000000,v1=<hex>,v1=<hex of a second secret during a rotation>
"""

import hashlib
import hmac
from datetime import datetime

TOLERANCE_SECONDS = 300
SCHEME = "v1"


class BadSignature(ValueError):
    """The event is not proven to come from the account, or its proof is too old."""


def sign(body: bytes, secret: str, at: datetime) -> str:
    """The header that proves a body; what a provider, or its sandbox, sends."""
    moment = int(at.timestamp())
    return f"t={moment},{SCHEME}={_digest(body, secret, moment)}"


def verify(body: bytes, header: str, secret: str, now: datetime) -> None:
    """Raise `BadSignature` unless the header proves these bytes, signed a moment ago."""
    parts = [part.partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name.strip() == "t"]
    if len(moments) != 1 or not moments[0].isdecimal() or len(moments[0]) > 12:
        raise BadSignature("the signature names no moment")
    ours = _digest(body, secret, int(moments[0]))
    given = [value.strip() for name, _, value in parts if name.strip() == SCHEME]
    if not any(value.isascii() and hmac.compare_digest(ours, value) for value in given):
        raise BadSignature("the signature is not of this body")
    if abs(now.timestamp() - int(moments[0])) > TOLERANCE_SECONDS:
        raise BadSignature(f"the signature is more than {TOLERANCE_SECONDS} s away from now")


def _digest(body: bytes, secret: str, moment: int) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
