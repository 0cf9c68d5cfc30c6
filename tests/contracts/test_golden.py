"""Messages as they once went over the wire parse for ever: `golden/<message>.<case>.json`.

A file here is added, never edited: queues, parked messages and stored answers hold such bodies. The cases
`unknown-words` are what a newer publisher may send: fields and enumeration values nobody here has heard of.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel

from services.cli.schemas import schemas
from shared.contracts import BY_NAME, Digest, Message
from shared.contracts.base import OpenEnum

SAMPLES = sorted((Path(__file__).parent / "golden").glob("*.json"))
CLASSES: dict[str, type[Message] | type[Digest]] = {**BY_NAME, Digest.name: Digest}
UNKNOWN = "unknown-words"


def message_of(sample: Path) -> tuple[str, str]:
    """The message's name and the case, from `orders.order.v1.paid-web.json`."""
    name, _, case = sample.stem.rpartition(".")
    return name, case


KNOWN = [sample for sample in SAMPLES if message_of(sample)[1] != UNKNOWN]
NEWER = [sample for sample in SAMPLES if message_of(sample)[1] == UNKNOWN]


def test_every_message_has_samples() -> None:
    counted = Counter(message_of(sample)[0] for sample in KNOWN)
    assert counted.keys() == CLASSES.keys()
    assert min(counted.values()) >= 2
    assert {message_of(sample)[0] for sample in NEWER} == CLASSES.keys()


@pytest.mark.parametrize("sample", KNOWN, ids=lambda path: path.stem)
def test_a_sample_says_what_it_said(sample: Path) -> None:
    name, _ = message_of(sample)
    body = json.loads(sample.read_text())
    read = CLASSES[name].decode(sample.read_bytes())
    assert covers(json.loads(read.encode()), body)
    assert CLASSES[name].decode(read.encode()) == read
    Draft202012Validator(schemas()[name], format_checker=FormatChecker()).validate(body)


@pytest.mark.parametrize("sample", NEWER, ids=lambda path: path.stem)
def test_a_newer_publisher_is_understood(sample: Path) -> None:
    name, _ = message_of(sample)
    body = json.loads(sample.read_text())
    read = CLASSES[name].decode(sample.read_bytes())
    written = json.loads(read.encode())
    assert not covers(written, body), "the sample has nothing unknown in it"
    assert '"other"' not in json.dumps(body)
    for value in words(read):
        assert value == "other" or value in json.dumps(body)


@pytest.mark.parametrize(
    "name", ["orders.order.v1", "inventory.reservation.v1", "billing.account.v1", "notifications.delivery.v1"]
)
def test_an_unknown_word_is_read_as_other(name: str) -> None:
    [sample] = [sample for sample in NEWER if message_of(sample)[0] == name]
    assert "other" in set(words(CLASSES[name].decode(sample.read_bytes())))


def covers(now: Any, then: Any) -> bool:
    """Everything `then` said, `now` says too; moments and decimals may be written otherwise."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(key in now and covers(now[key], value) for key, value in then.items())
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(covers, now, then))
    return bool(now == then)


def words(part: Any) -> Iterator[OpenEnum]:
    """The open enumeration values anywhere in a message."""
    if isinstance(part, OpenEnum):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from words(getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:
            yield from words(item)
