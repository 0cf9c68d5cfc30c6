"""Cells that a spreadsheet would run as formulas: made texts in files we write, what they were in files we read.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe in front, and so does one that
begins with apostrophes and then such a sign: what was added can always be taken off again. A plain number below zero is
no formula and stays as it is. Other shop systems guard their exports with the same apostrophe.
"""

import re

_GUARDED = re.compile(r"'*[=+\-@\t\r]")
_BELOW_ZERO = re.compile(r"-[0-9]+([.,][0-9]*)?", re.ASCII)


def guarded(text: str) -> str:
    """The cell as a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _GUARDED.match(text) and not _BELOW_ZERO.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded; any other text as it is."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
