"""The seal of an issued document: one canonical text, and a hash that takes in the document before it.

A series is a chain: nobody can change, remove or insert a document without breaking every later hash. `verify` in
`services.billing.queries` walks it. Closed days are chained the same way. Neighbour: `numbers` (how it is written).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""What the first document of a series follows."""


@dataclass(frozen=True, slots=True)
class Link:
    """One document's place in its series."""

    prev_hash: str
    hash: str


def canonical(content: Mapping[str, Any]) -> str:
    """The one text of a document's content: JSON, keys sorted, no spaces. Its bytes are what is hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def link(prev_hash: str, series: str, n: int, text: str) -> Link:
    """Chain a canonical text to the document before it."""
    return Link(prev_hash, hashlib.sha256(f"{prev_hash}|{series}|{n}|{text}".encode()).hexdigest())
