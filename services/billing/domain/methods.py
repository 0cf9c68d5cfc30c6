"""The ways in which a shop lets its clients pay, and the list of a shop that never made its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

STRIPE = "stripe"
"""The one provider there is; a sandbox of it stands in where no account is set up."""


LONGEST = 40
"""Characters of a method under which money is recorded."""


class MethodKind(StrEnum):
    """How money comes; turnover is counted by the method, which is a seller's own word on one of these."""

    CARD = "card"
    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CASH = "cash"
    ON_ACCOUNT = "on_account"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to pay. Names and instructions are by language; `capture_later`: the card is charged by an operator."""

    id: str
    kind: MethodKind
    names: Mapping[str, str]
    instructions: Mapping[str, str] = field(default_factory=dict)
    active: bool = True
    provider: str | None = None
    capture_later: bool = False

    def name(self, language: str) -> str:
        """The name in this language, else in whichever there is."""
        return _said(self.names, language) or self.id

    def instruction(self, language: str) -> str:
        """What the client has to do; empty where nothing is said."""
        return _said(self.instructions, language)


USUAL: tuple[Method, ...] = (
    Method("card", MethodKind.CARD, {"fr": "Carte bancaire", "en": "Card"}, provider=STRIPE),
    Method("transfer", MethodKind.TRANSFER, {"fr": "Virement", "en": "Bank transfer"}),
    Method("cheque", MethodKind.CHEQUE, {"fr": "Chèque", "en": "Cheque"}),
    Method("cash", MethodKind.CASH, {"fr": "Espèces", "en": "Cash"}, active=False),
    Method("on_account", MethodKind.ON_ACCOUNT, {"fr": "En compte", "en": "On account"}, active=False),
)


def chosen(text: str | None, methods: Iterable[Method]) -> str:
    """The method that an order names in words of its own: one of these by id or name, else the words themselves."""
    words = (text or "").strip()
    for method in methods:
        if words.casefold() in {name.casefold() for name in (method.id, *method.names.values())}:
            return method.id
    return words[:LONGEST].strip() or MethodKind.OTHER


def _said(texts: Mapping[str, str], language: str) -> str:
    base = language.partition("-")[0]
    return next(filter(None, (texts.get(one) for one in (language, base, "en", *texts))), "")
