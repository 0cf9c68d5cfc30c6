"""The link to a history: signed with the shop's secret, unguessable, and revoked by making another.

A token holds the order's id, some random bytes and a signature over both. The order keeps the one that is valid, so a
token that was signed once opens nothing after its order got another or none. An order that never had one gets one that
can be told before (`foretold_token`): the preview of a mail has the link that the mail then has.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

_ID, _RANDOM, _SIGNATURE = 16, 8, 24
_PURPOSE = b"history"
_FORETOLD = b"foretold"


def make_token(secret: str, order: str) -> str:
    """A new token for an order; 64 characters that may stand in a URL."""
    signed = UUID(order).bytes + secrets.token_bytes(_RANDOM)
    return urlsafe_b64encode(signed + _signature(secret, signed)).decode()


def foretold_token(secret: str, order: str) -> str:
    """The token that an order gets which never had one: always the same, and as unguessable as the secret."""
    id_ = UUID(order).bytes
    signed = id_ + hmac.digest(secret.encode(), _FORETOLD + id_, "sha256")[:_RANDOM]
    return urlsafe_b64encode(signed + _signature(secret, signed)).decode()


def order_of(token: str) -> str | None:
    """The id in a token, not yet trusted; None for what is no token at all."""
    content = _content(token)
    return None if content is None else str(UUID(bytes=content[:_ID]))


def is_valid(token: str, secret: str, kept: str | None) -> bool:
    """Whether the shop signed the token and the order still keeps it; takes as long whatever differs."""
    content = _content(token)
    if content is None or not secret or not kept:
        return False
    signed, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
    ours = hmac.compare_digest(signature, _signature(secret, signed))
    return hmac.compare_digest(token.encode(), kept.encode()) and ours


def _content(token: str) -> bytes | None:
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    return content if len(content) == _ID + _RANDOM + _SIGNATURE else None


def _signature(secret: str, signed: bytes) -> bytes:
    return hmac.digest(secret.encode(), _PURPOSE + signed, "sha256")[:_SIGNATURE]
