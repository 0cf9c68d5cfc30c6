"""What a mail shows of a long text or a long order: as much as its HTML has room for, so that no mailbox clips it.

The seller's words come first, then the operator's, parcels (the newest), closings, and the lines of the order with what
is left. What each costs is a little more than what the skeleton makes of it.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape

LARGEST = 60_000
"""Bytes that the HTML of a mail stays below."""
LISTS = ("paragraphs", "message", "parcels", "closings", "items")

_HEADINGS = 2_000
_PARAGRAPH = 300
_LINE = 20
_ROW = 120
_CUT = "…"


def linked(line: str, links: Sequence[str]) -> Markup:
    """The line with those of our own addresses that stand in it as links; what a client typed is never one."""
    if not links:
        return escape(line)
    parts = re.split("(" + "|".join(map(re.escape, sorted(links, key=len, reverse=True))) + ")", line)
    link = Markup('<a href="{0}">{0}</a>')
    return Markup("").join(link.format(part) if part in links else escape(part) for part in parts)


def fitted(context: dict[str, Any], make: Callable[[dict[str, Any]], str]) -> tuple[dict[str, Any], str]:
    """The context, its lists no longer than fits, and the HTML that `make` makes of it."""
    html = make(context)
    if len(html.encode()) < LARGEST:
        return context, html
    bare = make(context | dict.fromkeys(LISTS, ()))
    found = context | _shortened(context, _Room(LARGEST - len(bare.encode()) - _HEADINGS))
    return found, make(found)


def _shortened(context: dict[str, Any], room: "_Room") -> dict[str, Any]:
    found: dict[str, Any] = {key: room.words(context[key], context["links"]) for key in ("paragraphs", "message")}
    newest = room.first(context["parcels"][::-1], lambda parcel: _ROW + _size(parcel[0]) + _size(parcel[1] or ""))
    left_out = [(_CUT, None)] if len(newest) < len(context["parcels"]) else []
    found["parcels"] = [*left_out, *newest[::-1]]
    found["closings"] = room.first(context["closings"], lambda closing: _LINE + _size(closing))
    found["items"] = room.first(context["items"], lambda item: _ROW + sum(_size(str(cell)) for cell in item))
    return found


def _size(text: str, links: Sequence[str] = ()) -> int:
    return len(linked(text, links).encode())


class _Room:
    """The bytes that are left."""

    def __init__(self, left: int) -> None:
        self._left = left

    def first(self, items: Sequence[Any], cost: Callable[[Any], int]) -> list[Any]:
        """As many of the first as fit."""
        kept = []
        for item in items:
            if cost(item) > self._left:
                break
            self._left -= cost(item)
            kept.append(item)
        return kept

    def words(self, paragraphs: Sequence[Sequence[str]], links: Sequence[str]) -> list[list[str]]:
        """Paragraphs of lines, up to where they end with what was cut off."""
        kept: list[list[str]] = []
        for lines in paragraphs:
            self._left -= _PARAGRAPH
            whole = self.first(lines, lambda line: _LINE + _size(line, links))
            kept.append(whole)
            if len(whole) < len(lines):
                whole.append(self._beginning(lines[len(whole)], links) + _CUT)
                break
        return kept

    def _beginning(self, line: str, links: Sequence[str]) -> str:
        """As much of a line as fits; nothing else fits then."""
        end = bisect_right(range(len(line)), max(0, self._left - _LINE), key=lambda end: _size(line[:end], links))
        self._left = 0
        return line[: max(0, end - 1)]
