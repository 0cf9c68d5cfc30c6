"""The kinds of fields that bodies are made of, each with its limits. Amounts are read where their currency is known."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _storable(value: str) -> str:
    """PostgreSQL stores any text but one with a NUL character; SQLite would keep that, too."""
    if "\0" in value:
        raise ValueError("must not hold a NUL character")
    return value


STORABLE = AfterValidator(_storable)
"""Last of the marks of a text that is kept."""

Amount = Annotated[str, StringConstraints(max_length=40)]
"""As written: `12.50`."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), STORABLE]
"""A method of payment, an order's code, a document's id."""
Reference = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), STORABLE]
"""What the bank, the till or the source of a payout calls it."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), STORABLE]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), STORABLE]
"""Why something is done, in a person's words."""
