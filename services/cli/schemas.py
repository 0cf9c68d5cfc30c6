"""The JSON Schemas of the messages and of webhooks, for whoever reads them without our code: `docs/schemas`.

Made from `shared.contracts`, checked in, and compared by a test. Writing refuses a change that is not additive; a new
major version of a message is a new class with a new name, and so a new file. Neighbour: `compatibility`.
"""

import json
from pathlib import Path
from typing import Any

from services.cli.compatibility import breaches
from services.notifications.domain.told import Body
from shared.contracts import MESSAGES, Digest, Message

WEBHOOK = "webhook.v1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class IncompatibleSchemaError(Exception):
    """A contract changed in a way that readers or writers of the old one do not survive."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {', '.join(sentences)}" for name, sentences in found.items()))
        self.found = found


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of every message and of a webhook's body by its public name; what a reader accepts, but for fields it
    does not know.
    """
    made = {}
    messages: tuple[type[Message] | type[Digest], ...] = (*MESSAGES, Digest)
    for message in messages:
        schema = message.model_json_schema(mode="validation")
        made[message.name] = {"$schema": DIALECT, "$id": f"urn:comptoir:message:{message.name}", **schema}
    body = Body.model_json_schema(mode="validation")
    return made | {WEBHOOK: {"$schema": DIALECT, "$id": f"urn:comptoir:{WEBHOOK}", **body}}


def render(schema: dict[str, Any]) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write what differs, and return it; raises `IncompatibleSchemaError` and then writes nothing."""
    texts = {folder / f"{name}.json": render(schema) for name, schema in schemas().items()}
    changed = {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}
    found = {path.stem: _breaches(path, text) for path, text in changed.items() if path.exists()}
    if any(found.values()):
        raise IncompatibleSchemaError({name: sentences for name, sentences in found.items() if sentences})
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in changed.items():
        path.write_text(text)
    return sorted(changed)


def _breaches(path: Path, text: str) -> list[str]:
    return breaches(json.loads(path.read_text()), json.loads(text))
