"""A vendor's specification file as a judge of documents: types, required fields, and no name that it does not know."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

Json = dict[str, Any]


@lru_cache
def _load(path: Path) -> Json:
    found: Json = orjson.loads(path.read_bytes())
    return found


def complaints(specification: Path, name: str, document: Any) -> list[str]:
    """What the file's definition of this name has against a document; empty where nothing."""
    root = _load(specification)
    ref = f"#/components/schemas/{name}" if "components" in root else f"#/definitions/{name}"
    return complaints_of(root, {"$ref": ref}, document)


def _unknown(root: Json, schema: Json, document: Any, at: str) -> Iterator[str]:
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    if isinstance(document, list):
        for item in document:
            yield from _unknown(root, schema.get("items", {}), item, f"{at}[]")
    if isinstance(document, dict) and (known := schema.get("properties")):
        for name, value in document.items():
            if name in known:
                yield from _unknown(root, known[name], value, f"{at}.{name}")
            else:
                yield f"{at}.{name}"


def complaints_of(root: Json, schema: Json, document: Any) -> list[str]:
    """The same of any schema in a file, which may refer to others there."""
    parts = {key: root[key] for key in ("components", "definitions") if key in root}
    wrong = [error.message for error in Draft202012Validator({**schema, **parts}).iter_errors(document)]
    return wrong + [f"unknown: {found}" for found in _unknown(root, schema, document, "")]


def allowing_null(found: Any) -> Any:
    """A file of OpenAPI 3.0 with each `nullable` said as JSON Schema says it."""
    if isinstance(found, list):
        return [allowing_null(part) for part in found]
    if not isinstance(found, dict):
        return found
    said = {name: allowing_null(part) for name, part in found.items()}
    return said | {"type": [said["type"], "null"]} if said.get("nullable") is True and "type" in said else said
