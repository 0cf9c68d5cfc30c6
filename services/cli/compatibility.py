"""Whether one JSON Schema may follow another: a message changes by additions alone.

Both sides of a rolling upgrade read both: the new code reads old messages, the old code reads new ones. So whatever
stood in the old schema must stand in the new one as it was; what is added must be optional. A value added to an
enumeration is harmless where readers take an unknown one as `other`, and only there. `schemas` refuses to write an
incompatible schema, tests/contracts compares with the released ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

CONSTRAINTS = (
    "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
)  # fmt: skip
OPEN = "other"
ABSENT = object()


@dataclass(slots=True)
class Place:
    """One place in a message, such as `lines[].quantity`: what may stand there."""

    kinds: set[str] = field(default_factory=set)
    """JSON types, with their format: `string`, `string/date-time`, `null` …"""
    values: set[str] | None = None
    """The words of an enumeration."""
    constraints: dict[str, Any] = field(default_factory=dict)
    required: bool = True
    default: Any = ABSENT


def breaches(old: Schema, new: Schema) -> list[str]:
    """What in `new` breaks a reader or a writer of `old`, a sentence each; none means compatible."""
    before, after = places(old), places(new)
    found = [f"{path}: {breach}" for path, place in before.items() for breach in _changes(path, place, before, after)]
    found += [
        f"{path}: a new field is required"
        for path, place in after.items()
        if path not in before and place.required and _parent(path) in before
    ]
    return found


def places(schema: Schema) -> dict[str, Place]:
    """Every place of a message by its path, the whole being the empty one."""
    found: dict[str, Place] = {}
    _collect(schema, schema, "", found.setdefault("", Place()), found)
    return found


def _changes(path: str, old: Place, before: Mapping[str, Place], after: Mapping[str, Place]) -> Iterator[str]:
    new = after.get(path)
    if new is None:
        if _parent(path) in after:
            yield "the field is gone"
        return
    if old.kinds != new.kinds:
        yield f"the type was {_words(old.kinds)}, and is {_words(new.kinds)}"
    yield from _changed_values(old.values, new.values)
    if old.constraints != new.constraints:
        yield f"the limits were {old.constraints or 'none'}, and are {new.constraints or 'none'}"
    if old.required != new.required:
        yield "the field became required" if new.required else "the field may be absent now"
    if not old.required and not new.required and old.default != new.default:
        yield f"absent meant {old.default!r}, and means {new.default!r}"


def _changed_values(old: set[str] | None, new: set[str] | None) -> Iterator[str]:
    if old is None and new is None:
        return
    if old is None or new is None:
        yield "an enumeration came or went"
        return
    if old - new:
        yield f"values are gone: {_words(old - new)}"
    if new - old and OPEN not in old:
        yield f"values came that old readers refuse: {_words(new - old)}"


def _collect(node: Schema, root: Schema, path: str, place: Place, found: dict[str, Place]) -> None:
    """Enter what `node` allows at `path` into `place`, and what lies below into `found`."""
    for alternative in _alternatives(node, root):
        kind = str(alternative.get("type", "anything"))
        place.kinds.add(f"{kind}/{alternative['format']}" if "format" in alternative else kind)
        if words := alternative.get("enum", [alternative["const"]] if "const" in alternative else None):
            place.values = (place.values or set()) | {str(word) for word in words}
        place.constraints |= {name: alternative[name] for name in CONSTRAINTS if name in alternative}
        _collect_below(alternative, root, path, found)


def _collect_below(node: Schema, root: Schema, path: str, found: dict[str, Place]) -> None:
    required = node.get("required", ())
    for name, below in node.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        own = found.setdefault(inner, Place(required=name in required, default=below.get("default", ABSENT)))
        _collect(below, root, inner, own, found)
    for key, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(below := node.get(key), Mapping):
            _collect(below, root, path + suffix, found.setdefault(path + suffix, Place()), found)


def _alternatives(node: Schema, root: Schema) -> Iterator[Schema]:
    if "$ref" in node:
        yield from _alternatives(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    elif "anyOf" in node:
        for alternative in node["anyOf"]:
            yield from _alternatives(alternative, root)
    else:
        yield node


def _parent(path: str) -> str:
    if path.endswith(("[]", "{}")):
        return path[:-2]
    return path.rpartition(".")[0]


def _words(words: set[str]) -> str:
    return " or ".join(sorted(words))
