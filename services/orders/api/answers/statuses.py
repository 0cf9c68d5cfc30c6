"""A seller's statuses as routes answer them: one, templates, and what a whole set did."""

from typing import Any

from pydantic import Field

from services.orders.domain.types import StatusType
from shared.web.answers import AnswerModel, Language, Listed


class TextsOfStatus(AnswerModel):
    """A status in one language: the name clients see, the comment to them, mail and SMS (Liquid)."""

    name: str
    comment: str = ""
    subject: str = ""
    mail: str = ""
    sms: str = ""


class _StatusForm(AnswerModel):
    type: StatusType
    texts: dict[Language, TextsOfStatus]
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    indicator: str
    publish: bool
    mail: bool
    mail_admins: bool
    sms: bool
    invoice: bool | None = Field(description="null: as the shop's policy says")
    ask_stock: bool


class StatusAnswer(_StatusForm):
    """A seller's status."""

    mnemonic: str
    default_of_type: bool = Field(description="stands for its type where nobody chose a status")
    position: int
    active: bool


class StatusTemplate(_StatusForm):
    """What a new status may start from."""

    template: str


class StatusSetOutcome(AnswerModel):
    """What a set of statuses did, or would do, by mnemonic; `changed` has values before and after, by field."""

    dry_run: bool
    created: list[str]
    changed: dict[str, dict[str, tuple[Any, Any]]]
    unchanged: list[str]
    deleted: list[str]
    deactivated: list[str]


Statuses = Listed[StatusAnswer]
StatusTemplates = Listed[StatusTemplate]
