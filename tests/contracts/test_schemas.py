"""The checked-in schemas are those of the code, follow every released one by additions alone, and refuse what breaks.

`docs/schemas` is what we publish. `released/<version>` holds the schemas as a release left them: a new folder is added
at a release, an old one is never touched. What counts as a breach is shown on the order, one after another.
"""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.cli.compatibility import breaches
from services.cli.schemas import IncompatibleSchemaError, render, schemas, write_schemas

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "schemas"
RELEASED = sorted((Path(__file__).parent / "released").glob("*/*.json"))
NAMES = sorted(schemas())

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def order() -> dict[str, Any]:
    return copy.deepcopy(schemas()["orders.order.v1"])


def changed(schema: dict[str, Any], change: Change) -> dict[str, Any]:
    made = copy.deepcopy(schema)
    change(made)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_the_checked_in_schema_is_that_of_the_code(name: str) -> None:
    stale = f"run `comptoir schemas` if the change of {name} is meant"
    assert (PUBLISHED / f"{name}.json").read_text() == render(schemas()[name]), stale


def test_every_schema_is_one_and_nothing_else_lies_there() -> None:
    assert sorted(path.stem for path in PUBLISHED.glob("*.json")) == NAMES
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_released_schema_is_still_served(released: Path) -> None:
    assert released.stem in schemas(), "a released message may not vanish: readers of it are out there"
    assert breaches(json.loads(released.read_text()), schemas()[released.stem]) == []


BREAKING: dict[str, tuple[Change, str]] = {
    "removed field": (lambda s: s["properties"].pop("code"), "code: the field is gone"),
    "removed inner field": (lambda s: s["$defs"]["Line"]["properties"].pop("hold"), "lines[].hold: the field is gone"),
    "newly required": (lambda s: s["required"].append("external_id"), "external_id: the field became required"),
    "no longer required": (lambda s: s["required"].remove("code"), "code: the field may be absent now"),
    "new and required": (
        lambda s: (s["properties"].update(weight={"type": "integer"}), s["required"].append("weight")),
        "weight: a new field is required",
    ),
    "narrowed type": (
        lambda s: s["properties"].update(external_id={"type": "string", "default": None}),
        "external_id: the type was null or string, and is string",
    ),
    "widened type": (
        lambda s: s["$defs"]["Line"]["properties"]["quantity"].update(type="number"),
        "lines[].quantity: the type was integer, and is number",
    ),
    "removed enum value": (
        lambda s: s["$defs"]["StatusType"]["enum"].remove("on_hold"),
        "status.type: values are gone: on_hold",
    ),
    "value added to a closed enum": (
        lambda s: s["$defs"]["Shown"]["enum"].append("secret"),
        "shown: values came that old readers refuse: secret",
    ),
    "no enum any more": (lambda s: s["$defs"]["Channel"].pop("enum"), "channel: an enumeration came or went"),
    "changed format": (
        lambda s: s["properties"]["placed_at"].update(format="date"),
        "placed_at: the type was string/date-time, and is string/date",
    ),
    "narrowed limit": (
        lambda s: s["$defs"]["Line"]["properties"]["quantity"].update(minimum=1),
        "lines[].quantity: the limits were {'minimum': 0}, and are {'minimum': 1}",
    ),
    "changed default": (
        lambda s: s["$defs"]["Line"]["properties"]["stocked"].update(default=False),
        "lines[].stocked: absent meant True, and means False",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_change_that_breaks_is_named(order: dict[str, Any], case: str) -> None:
    change, sentence = BREAKING[case]
    assert sentence in breaches(order, changed(order, change))


ADDITIVE: dict[str, Change] = {
    "nothing": lambda s: None,
    "an optional field": lambda s: s["properties"].update(gift={"type": "boolean", "default": False}),
    "a word of an open enum": lambda s: s["$defs"]["Channel"]["enum"].append("cdiscount"),
    "a description": lambda s: s["properties"]["code"].update(description="what the customer sees"),
    "an optional part with required fields": lambda s: s["properties"].update(
        pickup={"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
    ),
}


@pytest.mark.parametrize("case", ADDITIVE)
def test_an_addition_breaks_nothing(order: dict[str, Any], case: str) -> None:
    assert breaches(order, changed(order, ADDITIVE[case])) == []


def test_writing_refuses_what_breaks_and_then_writes_nothing(tmp_path: Path, order: dict[str, Any]) -> None:
    shutil.copytree(PUBLISHED, tmp_path, dirs_exist_ok=True)
    with_more = changed(order, ADDITIVE["an optional field"])  # as if the code had lost a field that was published
    (tmp_path / "orders.order.v1.json").write_text(render(with_more))
    (tmp_path / "digest.v1.json").unlink()
    with pytest.raises(IncompatibleSchemaError, match=r"orders\.order\.v1: gift: the field is gone"):
        write_schemas(tmp_path)
    assert not (tmp_path / "digest.v1.json").exists()
    (tmp_path / "orders.order.v1.json").write_text(render(order))
    assert [path.name for path in write_schemas(tmp_path)] == ["digest.v1.json"]
