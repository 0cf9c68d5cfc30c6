"""Control characters, which no text of an order may hold: every mail of the order would be refused for them.

The API refuses them (`commands.inputs.fields`). What marketplaces and files say is cleaned: nobody there can mend it.
"""

import re
from typing import Any

_EDGES = " \t\n\v\f\r\x85\u2028\u2029"
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SPACING = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_ODD_BREAKS = re.compile(r"[\v\f\x85\u2028\u2029]")
_WITH_LINES = frozenset({"comment", "street", "fields"})


def has_controls(text: str, *, lines: bool) -> bool:
    """Whether a text holds what it must not; `lines`: line breaks and tabs are right inside. Its ends do not count."""
    inside = text.strip(_EDGES)
    return (_ODD_BREAKS if lines else _SPACING).search(inside) is not None or _CONTROLS.search(inside) is not None


def cleaned(value: Any, name: str = "") -> Any:
    """A document without control characters; a line break becomes a space but in fields that may have lines."""
    if isinstance(value, str):
        kept = _CONTROLS.sub("", value)
        return _ODD_BREAKS.sub("\n", kept) if name in _WITH_LINES else _SPACING.sub(" ", kept)
    if isinstance(value, dict):
        return {key: cleaned(one, name if name in _WITH_LINES else key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one, name) for one in value]
    return value
