"""Statuses to start from: one for each type, and adapted ones that shops often want.

The files of `default_statuses` hold them: texts per language and the actions. A new shop gets the one of each type,
under the type's name; all of them are offered as templates, and `blank` is the empty form.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import TEXT_FIELDS
from services.orders.tables import statuses
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import NotFound

LANGUAGES = ("fr", "en")
BLANK = "blank"
_QUIET = {
    "colour": "#64748b",
    "indicator": "",
    "publish": False,
    "mail": False,
    "mail_admins": False,
    "sms": False,
    "invoice": None,
    "ask_stock": False,
}
_ACTIONS = {**_QUIET, "publish": True}

Template = dict[str, Any]
"""The body of a status, without mnemonic, position and what depends on the shop."""


async def add_default_statuses(tx: Transaction, shop: str) -> None:
    """One status per type for a new shop."""
    known = templates()
    rows = [
        {
            "id": new_id(),
            "shop": shop,
            "mnemonic": type_.value,
            "default_of_type": True,
            "position": position * 10,
            "active": True,
            **known[type_],
            "type": type_,
        }
        for position, type_ in enumerate(StatusType, 1)
    ]
    await tx.execute(statuses.insert(), rows)


def find_template(name: str) -> Template:
    """One of the templates. Raises `NotFound`, which names them all."""
    found = templates().get(name)
    if found is None:
        raise NotFound(f"There is no template '{name}'.", known=list(templates()))
    return found


@cache
def templates() -> dict[str, Template]:
    """Every template by its name, the blank form first."""
    found: dict[str, Template] = {BLANK: {"type": "other", "texts": {}, **_QUIET}}
    texts = {language: _read(f"{language}.yaml") for language in LANGUAGES}
    for type_, row in _read("actions.yaml").items():
        own = {language: _texts(texts[language][type_]) for language in LANGUAGES}
        found[type_] = {"type": type_, "texts": own, **_ACTIONS, **row}
    for name, row in _read("adapted.yaml").items():
        own = {language: _texts(words) for language, words in row["texts"].items()}
        found[name] = {**found[row["type"]], **row, "texts": own}
    return found


def _read(file: str) -> dict[str, Any]:
    text = (files("services.orders") / "default_statuses" / file).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(row.get(name, "")).strip() for name in TEXT_FIELDS}
