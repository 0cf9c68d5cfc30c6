"""How figures are written in French and English: amounts, quantities, percentages, dates.

Amounts arrive as exact decimal strings; nothing is rounded here but the unit price without tax (`unit_net`), which is
information, never added up. The separators are those of print: a narrow no-break space in French, a comma in English.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

NARROW = "\u202f"
NO_BREAK = "\u00a0"
MINUS = "\u2212"

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def number(text: str, language: str) -> str:
    """`1234.50` as `1 234,50` or `1,234.50`."""
    sign = MINUS if text.startswith("-") else ""
    whole, _, decimals = text.lstrip("-").partition(".")
    separator, point = (NARROW, ",") if language == "fr" else (",", ".")
    grouped = f"{int(whole):,}".replace(",", separator)
    return sign + grouped + (point + decimals if decimals else "")


def money(text: str, currency: str, language: str) -> str:
    """An amount with its currency: `12,50 €`, `€12.50`, `12.50 TND`."""
    symbol = _SYMBOLS.get(currency)
    figure = number(text, language)
    if language == "fr" or symbol is None:
        return f"{figure}{NO_BREAK}{symbol or currency}"
    return f"{MINUS}{symbol}{figure.removeprefix(MINUS)}" if figure.startswith(MINUS) else f"{symbol}{figure}"


def percent(text: str, language: str) -> str:
    """A tax rate: `5,5 %` or `5.5%`."""
    return number(text, language) + (f"{NO_BREAK}%" if language == "fr" else "%")


def unit_net(net: str, quantity: int) -> str:
    """The price of one unit without tax, to four decimals where it does not come out even."""
    decimals = max(0, -int(Decimal(net).as_tuple().exponent))
    return plain(
        (Decimal(net) / quantity).quantize(Decimal(1).scaleb(-max(4, decimals)), rounding=ROUND_HALF_UP), decimals
    )


def plain(price: Decimal, decimals: int) -> str:
    """Without idle zeros beyond these decimals: `4.6250` is `4.625`, `12` is `12.00`."""
    whole, _, fraction = f"{price:f}".partition(".")
    fraction = fraction.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def day(text: str, language: str) -> str:
    """`2026-11-22` as `22 novembre 2026` or `22 November 2026`."""
    value = date.fromisoformat(text)
    first = "1er" if language == "fr" and value.day == 1 else str(value.day)
    return f"{first}{NO_BREAK}{_MONTHS[language].split()[value.month - 1]} {value.year}"


def grouped(text: str, size: int) -> str:
    """An identifier in groups from the left: an IBAN by four, a SIREN by three."""
    plain = text.replace(" ", "")
    return NO_BREAK.join(plain[start : start + size] for start in range(0, len(plain), size))
