"""The bodies of the client space: what its clients may send, and the news that sellers write for it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from services.orders.commands.inputs.customers import WholeAddress
from services.orders.commands.inputs.fields import Email, Filled, Input, Language, Letter, Moment

ShopName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class LinkRequest(Input):
    """Who wants a way into which shop's client space."""

    email: Email
    shop: ShopName


class AccountPatch(Input):
    """What clients change of their own data; what is absent stays, null empties it."""

    language: Language | None = None
    billing_address: WholeAddress = None
    shipping_address: WholeAddress = None


class NewsText(Input):
    """News in one language."""

    title: Filled
    body: Letter = ""


class NewsInput(Input):
    """News for the client space, from one moment to another if they are named."""

    texts: Annotated[dict[Language, NewsText], Field(min_length=1)]
    starts_at: Moment | None = None
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _it_ends_after_its_start(self) -> Self:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at: it ends before it starts")
        return self
