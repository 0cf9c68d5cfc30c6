"""What differs between two documents, field by field: for logs, and to show what a file of settings would change."""

from collections.abc import Iterator, Mapping
from typing import Any

Changes = dict[str, list[Any]]
"""What differs, by dotted field (`texts.fr.mail`): the value before and after."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """The fields that differ, by name; a list is one value."""
    was, is_ = dict(_flat(before)), dict(_flat(after))
    return {
        name: [was.get(name), is_.get(name)]
        for name in sorted(was.keys() | is_.keys())
        if was.get(name) != is_.get(name)
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves; an empty text is as good as none."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif not (prefix and value == ""):
            yield f"{prefix}{name}", value
