"""What every message has in common: shop, key, version, and the answer's account of what it has heard."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ShopId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""A shop's id; it stands in routing keys, so it has no dot."""

Minor = int
"""An amount in the currency's minor unit (cents)."""

Utc = AwareDatetime


class OpenEnum(StrEnum):
    """An enumeration that may grow: a value this reader does not know yet is read as `other`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("other") if isinstance(value, str) and value != "other" else None


class Part(BaseModel):
    """A piece of a message: immutable, unknown fields ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Message(Part):
    """The present state of one thing.

    `name` is the message's public name and the first part of its routing key; `key` identifies the thing; `version`
    rises with every change that readers must know. `heard_by` are the services it is for: whoever publishes it declares
    their queues, so that it waits for one that has not started yet.
    """

    name: ClassVar[str]
    heard_by: ClassVar[tuple[str, ...]]

    shop: ShopId
    version: int = Field(ge=1)

    @property
    def key(self) -> str:
        """The identity within `name`, shop included where the id alone does not tell it."""
        raise NotImplementedError

    @property
    def traceparents(self) -> tuple[str, ...]:
        """Trace contexts of the commands this message tells of."""
        return ()

    def encode(self) -> bytes:
        """The bytes on the wire."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Read a message; raises `pydantic.ValidationError` on anything else."""
        return cls.model_validate_json(body)


class Answer(Message):
    """What a service says of an order: its own version, and which version of the order it has applied.

    `open` counts obligations that are due, retrying or unknown; `blocked` says why the newest version could not be
    applied (the message is parked).
    """

    id: str = Field(description="the order's id (UUIDv7)")
    heard: int = Field(ge=0, description="the order version applied")
    open: int = Field(default=0, ge=0)
    blocked: str | None = None

    @property
    def key(self) -> str:
        return self.id
