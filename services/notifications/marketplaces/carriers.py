"""Carrier names as sellers write them, and what each marketplace calls them.

The marketplaces' lists change and differ by country, so an account's settings may add to or override these; a carrier
that is in neither goes as `Other` with its name.
"""

import re
from collections.abc import Mapping
from typing import Final

OTHER: Final = "Other"

AMAZON: Final[Mapping[str, str]] = {
    "chronopost": "Chronopost",
    "colissimo": "Colissimo",
    "colisprive": "Colis Prive",
    "dhl": "DHL",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "laposte": "La Poste",
    "mondialrelay": "Mondial Relay",
    "relaiscolis": "Relais Colis",
    "tnt": "TNT",
    "ups": "UPS",
}

EBAY: Final[Mapping[str, str]] = {
    "chronopost": "Chronopost",
    "colissimo": "Colissimo",
    "colisprive": "ColisPrive",
    "dhl": "DHL",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "laposte": "LaPoste",
    "mondialrelay": "MondialRelay",
    "relaiscolis": "RelaisColis",
    "tnt": "TNT",
    "ups": "UPS",
}


def carrier_code(name: str, own: Mapping[str, str], common: Mapping[str, str]) -> str:
    """The marketplace's code for a carrier; `OTHER` for one it has none for."""
    wanted = _key(name)
    for known, code in own.items():
        if _key(known) == wanted:
            return code
    return common.get(wanted, OTHER)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
