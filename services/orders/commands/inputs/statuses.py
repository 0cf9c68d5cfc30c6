"""Bodies of commands on statuses: one, a change of one, the whole set of a file, their order.

Texts are Liquid, which notifications renders; here each is tried on sample orders first (`shared.texts`), so that no
mail fails because of a text that was saved weeks before.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.orders.commands.inputs.fields import Comment, Filled, Input, Language, Letter, Liquid, OfSms, Words

Mnemonic = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Indicator = Annotated[Words, StringConstraints(max_length=60)]
Position = Annotated[int, Field(ge=0, le=1_000_000)]


class StatusTexts(Input):
    """A status in one language: the name clients see, the comment to them, mail and SMS."""

    name: Filled
    comment: Annotated[Comment, Liquid] = ""
    subject: Annotated[Words, Liquid] = ""
    mail: Annotated[Letter, Liquid] = ""
    sms: Annotated[Comment, OfSms] = ""


class StatusBody(Input):
    """A status but for its name; a type that is not chosen is `other`.

    `default_of_type`: whether it stands for its type where nobody chose a status; absent, that stays as it is.
    """

    type: str = "other"
    default_of_type: bool | None = None
    texts: Annotated[dict[Language, StatusTexts], Field(min_length=1)]
    colour: Colour = "#64748b"
    indicator: Indicator = ""
    publish: bool = False
    mail: bool = False
    mail_admins: bool = False
    sms: bool = False
    invoice: bool | None = None
    ask_stock: bool = False
    position: Position = 1000
    active: bool = True


class StatusInput(StatusBody):
    """A seller's status."""

    mnemonic: Mnemonic


class StatusDraft(Input):
    """A status as far as it is told: what is absent comes from the template, or is as in `StatusInput`."""

    mnemonic: Mnemonic | None = None
    type: str | None = None
    default_of_type: bool | None = None
    texts: dict[Language, dict[str, Letter]] = Field(default_factory=dict)
    colour: Colour | None = None
    indicator: Indicator | None = None
    publish: bool | None = None
    mail: bool | None = None
    mail_admins: bool | None = None
    sms: bool | None = None
    invoice: bool | None = None
    ask_stock: bool | None = None
    position: Position | None = None
    active: bool | None = None


class StatusSet(Input):
    """Several statuses by mnemonic, to be brought about together or not at all."""

    statuses: Annotated[dict[Mnemonic, StatusBody], Field(min_length=1, max_length=500)]


class ShowOrder(Input):
    """Whether the client sees the order: as its payment says, or forced either way."""

    shown: Literal["automatic", "shown", "hidden"]


class StatusOrder(Input):
    """Mnemonics in the order in which the seller wants to see them; the others follow as they were."""

    mnemonics: Annotated[tuple[Mnemonic, ...], Field(min_length=1, max_length=500)]
