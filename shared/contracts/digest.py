"""The digest: versions of answers that changed some time ago, so that one nobody asked for cannot stay lost.

It is no state message: it has no version, nobody stores it, and losing one costs nothing. Orders compares and re-sends
the orders whose answer it lacks; the equal answer then comes.
"""

from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.base import Part, ShopId


class DigestItem(Part):
    id: str
    version: int


class Digest(Part):
    """A page of thousands of (order, answer version)."""

    name: ClassVar[str] = "digest.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)

    shop: ShopId
    service: str
    items: tuple[DigestItem, ...] = Field(max_length=5000)

    def encode(self) -> bytes:
        """The bytes on the wire."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Read a digest; raises `pydantic.ValidationError` on anything else."""
        return cls.model_validate_json(body)
