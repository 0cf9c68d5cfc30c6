"""Which orders their clients see: those whose payment is confirmed or in progress, unless the order says otherwise.

What they see of an order are the entries that were published; that is decided entry by entry.
"""

IN_PROGRESS_OR_CONFIRMED = frozenset({"pending", "authorised", "paid", "partly_refunded", "refunded"})
"""States of payment; a refund presupposes that there was one."""


def is_shown(shown: str, payment: str) -> bool:
    """Whether the client sees the order; `shown` and `hidden` force it either way."""
    if shown == "automatic":
        return payment in IN_PROGRESS_OR_CONFIRMED
    return shown == "shown"
