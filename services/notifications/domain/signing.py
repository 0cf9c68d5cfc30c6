"""Signatures of Standard Webhooks 1.0: `v1,` and the HMAC-SHA256 of id, moment and body, in base64.

While a secret is being changed there are two, and a signature by each: whoever knows either can verify.
"""

import base64
import hashlib
import hmac
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as receivers are given it."""
    return PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signature_headers(secrets: Sequence[str], message: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; `message` is the same over all attempts, `moment` is this one's."""
    seconds = str(int(moment.timestamp()))
    signed = b".".join((message.encode(), seconds.encode(), body))
    return {
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_digest(secret, signed)}" for secret in secrets),
    }


def _digest(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
