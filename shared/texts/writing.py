"""Amounts and days as a language writes them: sellers' texts are filled in with them in mails, on pages, on samples."""

from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency


def locale_of(language: str) -> Locale:
    """The locale of an order's language; English for one Babel does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount with its currency."""
    return str(format_currency(amount, currency, locale=locale_of(language)))


def day(moment: date, language: str) -> str:
    """A day, its month in words."""
    return str(format_date(moment, "long", locale=locale_of(language)))
