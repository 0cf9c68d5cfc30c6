"""The body of a customer group."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.orders.commands.inputs.fields import Comment, Filled, Input, Language

GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
PriceListName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]


class GroupTexts(Input):
    """A group in one language."""

    name: Filled
    comment: Comment = ""


class GroupInput(Input):
    """A group of customers: they see the prices of `price_list` (null: the public ones), with or without tax."""

    name: GroupName
    texts: dict[Language, GroupTexts] = Field(default_factory=dict)
    price_list: PriceListName | None = None
    prices_shown: Literal["gross", "net"] = "gross"
    position: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
