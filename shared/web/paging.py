"""Lists: `{items, next, total}`, keyset pages by an opaque `after`."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.problems import Invalid

Kind = type | tuple[type, ...]
_ANY: Kind = (str, int, float, type(None))

Limit = Annotated[int, Query(ge=1, le=200)]


class Page(BaseModel):
    """One page of a list; `next` goes into `after` of the next request, null at the end."""

    items: list[Any]
    next: str | None
    total: int


def page_of(items: list[Any], limit: int, total: int, key: list[Any] | None) -> Page:
    """`items` may hold one more than `limit`, which says that there is a next page; `key` sorts the last item shown."""
    more = len(items) > limit
    return Page(items=items[:limit], next=encode_key(key) if more and key else None, total=total)


def encode_key(values: list[Any]) -> str:
    """The sort values of the last item, as an opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def after_key(after: str | None, size: int, *, kinds: Sequence[Kind] | None = None) -> list[Any] | None:
    """The values in `after`; raises 422 for anything this API did not hand out. `kinds` are their types."""
    if after is None:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, ValueError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != size
        or not all(map(_is_sortable, values, kinds or [_ANY] * size))
    ):
        raise Invalid("'after' is not a value this list returned as 'next'.", field="after")
    return values


def _is_sortable(value: Any, kind: Kind) -> bool:
    """Whether a database can compare it: of the kind asked for, and no text that PostgreSQL refuses."""
    return isinstance(value, kind) and not isinstance(value, bool) and "\0" not in str(value)
