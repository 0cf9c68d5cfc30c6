"""Which account a shop's marketplace calls leave by: the shop's own row, over the environment's, over the sandbox's.

The row holds choices and perhaps credentials, sealed; what it leaves out is taken from the account below it.
"""

from typing import Any

import orjson

from services.notifications.channels.sealing import Seal
from services.notifications.queries import Found
from services.notifications.settings import AmazonAccount, EbayAccount, Settings

Marketplace = AmazonAccount | EbayAccount

_KINDS: dict[str, type[AmazonAccount] | type[EbayAccount]] = {"amazon": AmazonAccount, "ebay": EbayAccount}


class NoKey(Exception):
    """Credentials rest sealed, and the settings name no key to open them."""


def merged(settings: Settings, channel: str, row: Found, below: Marketplace | None) -> Marketplace | None:
    """The account of this row. Raises `NoKey` or `Unsealable`; None where nobody has credentials for it."""
    kind = _KINDS[channel]
    values: dict[str, Any] = {} if below is None else below.model_dump()
    values |= {name: row.account[name] for name in kind.model_fields if row.account.get(name) not in (None, {})}
    if row.credentials is not None:
        if settings.sealing_keys is None:
            raise NoKey("COMPTOIR_SEALING_KEYS is not set")
        values |= orjson.loads(Seal(settings.sealing_keys).open(row.credentials))
    elif below is None:
        return None
    return kind.model_validate(values)
