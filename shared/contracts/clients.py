"""`orders.sign_in.v1`: a client's way into the client space. Published by orders; notifications mails it.

The one message that is about a person and no order (docs/decisions/0009). It holds a secret that opens one session, so
it is short-lived, and whoever hears it keeps the link no longer than it takes to mail it.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Message, Utc


class SignIn(Message):
    """A client's newest way into the client space, good once and for minutes."""

    name: ClassVar[str] = "orders.sign_in.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notifications",)

    id: str = Field(description="the client's id (UUIDv7)")
    email: str = ""
    client: str = Field(default="", description="the client's name")
    language: str
    link: str = Field(
        default="", description="where it leads, once; empty: the client was erased, and nothing is kept of any mail"
    )
    expires_at: Utc = Field(description="from then on it opens nothing, and is not worth a mail")

    @property
    def key(self) -> str:
        return self.id
