"""What a checkout tells the client of a new order: that it is placed, and where to pay what is asked for now.

The address is billing's payment page, signed here (`shared.security.links`): it is good at once, whenever billing hears
of the order, and leads on to the provider that the client chooses there.
"""

from decimal import Decimal
from typing import Any

from services.orders.domain.types import TYPES, StatusType
from shared.contracts import Shop
from shared.security.links import payment_url

TEXTS = {
    "fr": "Merci ! Votre commande {code} chez {shop} est enregistrée.",
    "en": "Thank you! Your order {code} at {shop} is placed.",
}


def confirmation(document: dict[str, Any], shop: Shop | None) -> dict[str, Any]:
    """`text` in the order's language (English for one we have no words for), and `payment`: null if nothing is asked.

    `payment.url` is a path alone where the shop has no public address.
    """
    text = TEXTS.get(document["language"].partition("-")[0], TEXTS["en"])
    due = document["totals"]["due"]
    asked = shop is not None and TYPES[StatusType(document["status"]["type"])].payable and Decimal(due) > 0
    url = payment_url(shop, document["id"]) if shop is not None and asked else ""
    return {
        "text": text.format(code=document["code"], shop=shop.title if shop else ""),
        "payment": {"url": url, "amount": due, "currency": document["currency"]} if url else None,
    }
