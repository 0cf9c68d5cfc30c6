"""Which account a shop's marketplace calls leave by: the shop's own row, over the environment's, over the sandbox's.

The row holds choices and perhaps credentials, sealed; what it leaves out is taken from the account below it.
"""

from typing import Any

import orjson

from services.notifications.channels.seals import Seals
from services.notifications.queries import Found
from services.notifications.settings import AmazonAccount, EbayAccount

Marketplace = AmazonAccount | EbayAccount

_KINDS: dict[str, type[AmazonAccount] | type[EbayAccount]] = {"amazon": AmazonAccount, "ebay": EbayAccount}


def merged(seals: Seals, channel: str, row: Found, below: Marketplace | None) -> Marketplace | None:
    """The account of this row. Raises `NoSealingKeys` or `Unsealable`; None where nobody has credentials for it."""
    kind = _KINDS[channel]
    values: dict[str, Any] = {} if below is None else below.model_dump()
    values |= {name: row.account[name] for name in kind.model_fields if row.account.get(name) not in (None, {})}
    if row.credentials is not None:
        values |= orjson.loads(seals.get().open(row.credentials))
    elif below is None:
        return None
    return kind.model_validate(values)
