"""Which orders their clients see: those whose payment is confirmed or in progress, unless the order says otherwise.
The link in a mail opens its order whatever the payment: most are not paid yet when their confirmation leaves. Mails
have it where it opens (`queries.messages`), and only there.

What they see of an order are the entries that were published; that is decided entry by entry.
"""

IN_PROGRESS_OR_CONFIRMED = frozenset({"pending", "authorised", "paid", "partly_refunded", "refunded"})
"""States of payment; a refund presupposes that there was one."""


def is_shown(shown: str, payment: str) -> bool:
    """Whether the client space lists the order; `shown` and `hidden` force it either way."""
    if shown == "automatic":
        return payment in IN_PROGRESS_OR_CONFIRMED
    return shown == "shown"


def opens(shown: str, publishes: bool) -> bool:
    """Whether the link to the order's history opens it: where its shop publishes histories, or the seller forces it."""
    return shown == "shown" or (publishes and shown != "hidden")
