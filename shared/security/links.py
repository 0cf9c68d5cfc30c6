"""Links that name one order and open without a key: signed, so that nobody makes one, and the same whoever signs.

Orders tells a client where to pay at the moment of the order, billing answers there; both hold the shop's
`payment_key` (`orders.shop.v1`) and neither asks the other. A token is the order's id and a signature of it.

The key by which our own services read a shop's documents is made of the same secret: nobody keeps or configures it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from shared.contracts import Shop

_ID, _SIGNATURE = 16, 26
_PURPOSE, _DOCUMENTS = b"payment", b"documents/"


def payment_path(shop: Shop, order: str) -> str:
    """The path of an order's payment page; empty where the shop has no key to sign it with."""
    return f"/p/{_token(shop.payment_key, order)}" if shop.payment_key else ""


def service_key(shop: Shop) -> str:
    """The API key that notifications reads the shop's documents with; empty where there is nothing to make it of."""
    if not shop.payment_key:
        return ""
    return f"cs_{hmac.new(shop.payment_key.encode(), _DOCUMENTS + shop.shop.encode(), 'sha256').hexdigest()}"


def payment_url(shop: Shop, order: str) -> str:
    """The same below the shop's public address; the path alone where it has none."""
    path = payment_path(shop, order)
    return f"{shop.public_url.rstrip('/')}{path}" if path else ""


def order_in(token: str) -> str | None:
    """The order that a token names, not yet trusted; None for what is no token at all."""
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    return str(UUID(bytes=content[:_ID])) if len(content) == _ID + _SIGNATURE else None


def is_signed(token: str, shop: Shop, order: str) -> bool:
    """Whether the shop signed this token for this order; takes as long whatever differs."""
    if not (shop.payment_key and token.isascii()):
        return False
    return hmac.compare_digest(token, _token(shop.payment_key, order))


def _token(key: str, order: str) -> str:
    signed = UUID(order).bytes
    return urlsafe_b64encode(signed + hmac.digest(key.encode(), _PURPOSE + signed, "sha256")[:_SIGNATURE]).decode()
