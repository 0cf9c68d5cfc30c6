"""Mappings from files: those that come with Comptoir (`formats/`), a user's own in YAML or TOML, and channel maps.

Whatever a file says wrongly becomes a `MappingError`, which begins with the file's name and the place in it.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.orders.files.mapping import CHANNELS, Mapping

SHIPPED = Path(__file__).with_name("formats")


class MappingError(Exception):
    """A mapping file says something that cannot be; the message names it."""


def format_names() -> list[str]:
    """The names of the mappings that come with Comptoir."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def format_text(name: str) -> str:
    """One of them as it is written; raises `MappingError`."""
    if name not in format_names():
        raise MappingError(f"{name!r} is no format; there are {', '.join(format_names())}")
    return (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")


def shipped_mapping(name: str) -> Mapping:
    """One of them; raises `MappingError`."""
    return parse_mapping(format_text(name), f"{name}.yaml")


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file, TOML or YAML by its name; raises `MappingError`."""
    if path.suffix == ".toml":
        return _mapping_of(_toml_settings(path), str(path))
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: {error}") from None


def parse_mapping(text: str, name: str) -> Mapping:
    """A mapping written in YAML; raises `MappingError`, which begins with the `name`."""
    try:
        settings = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes texts alone, so `no` stays a column's name
    except yaml.YAMLError as error:
        raise MappingError(f"{name}: {' '.join(str(error).split())}") from None
    return _mapping_of(settings, name)


def changed(mapping: Mapping, settings: dict[str, Any], name: str) -> Mapping:
    """The mapping with some settings replaced; raises `MappingError`, which begins with the `name`."""
    return _mapping_of(dict(mapping) | settings, name)


def _mapping_of(settings: Any, name: str) -> Mapping:
    if not isinstance(settings, dict):
        raise MappingError(f"{name}: a mapping is a list of settings, such as fields and currency")
    try:
        return Mapping.model_validate(settings)
    except ValidationError as error:
        raise MappingError(f"{name}: {'; '.join(_complaints(error))}") from None


def _complaints(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in found["loc"])
        said = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            said = "is no setting of a mapping"
        elif found["type"] == "missing":
            said = "is needed"
        yield f"{place}: {said}" if place else said


def _toml_settings(path: Path) -> dict[str, Any]:
    settings = load_toml(path)
    columns = settings.pop("columns", None)
    if not isinstance(columns, dict) or not all(isinstance(column, str) for column in columns.values()):
        raise MappingError(f"{path}: a table [columns] with names of columns is needed")
    return {"whole_orders": False, "opening_stock": True} | settings | {"fields": columns}


def load_channels(path: Path) -> dict[str, str]:
    """The channel of each order that a channel map names: `amazon = ["536365", …]`, `ebay = […]`."""
    channels: dict[str, str] = {}
    for channel, numbers in load_toml(path).items():
        if channel not in CHANNELS:
            raise MappingError(f"{path}: {channel!r} is no channel; there are {', '.join(CHANNELS)}")
        if not isinstance(numbers, list):
            raise MappingError(f"{path}: {channel} is no list of order numbers")
        for number in map(str, numbers):
            if channels.setdefault(number, channel) != channel:
                raise MappingError(f"{path}: {number} stands under {channels[number]} and under {channel}")
    return channels


def load_toml(path: Path) -> dict[str, Any]:
    """The settings of a TOML file; raises `MappingError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: {error}") from None
