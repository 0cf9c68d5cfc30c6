"""Sellers' own texts, in Liquid with hard limits: orders refuses a bad one on saving, notifications fills in the rest.

`render` is what both ends use, so what was accepted is what is sent. `limits` keeps a text from wasting time or memory,
`samples` are the orders that a text is tried on and the list of what it may speak of, `checking` finds typos, `writing`
writes amounts and days as a language does.
"""

from shared.texts.checking import check
from shared.texts.limits import SMS_LENGTH, TEXT_LENGTH, BadText, render
from shared.texts.samples import LANGUAGES, samples

__all__ = ["LANGUAGES", "SMS_LENGTH", "TEXT_LENGTH", "BadText", "check", "render", "samples"]
