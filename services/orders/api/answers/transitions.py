"""Where an order can go from here, and what each way would do (`commands.previewing` computes it)."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.orders.api.answers.orders import QuantitiesAtLocation
from services.orders.domain.transitions import Verdict
from services.orders.domain.types import StatusType
from shared.web.answers import Amount, AnswerModel, Sometimes

StockChoice = Literal["all", "unshipped", "lines", "scrap", "none"]


class LineStock(AnswerModel):
    hold: int
    shipped: int
    restocked: int
    scrapped: int
    locations: list[QuantitiesAtLocation]


class LineEffect(AnswerModel):
    """Units of one line newly held, leaving, released, coming back, scrapped of these; and what it has `after`."""

    line: int
    sku: str
    hold: int
    ship: int
    release: int
    restock: int
    scrap: int
    after: LineStock


class MailEffect(AnswerModel):
    role: Literal["client", "administrator"]
    to: list[str]


class EffectWarning(AnswerModel):
    """What a person should know before; `code` for programs, `text` for people."""

    code: Literal["stops_being_payable", "tracking_needed", "short", "sms_off", "no_phone", "marketplace"]
    text: str


class TransitionEffects(AnswerModel):
    """All that one change of status does. `status` is where the order ends; a part shipped is `partially_shipped`."""

    status: str
    type: StatusType
    stock: list[LineEffect]
    parcel: int | None = Field(description="the number of the parcel that leaves")
    publish: bool
    mail: list[MailEffect]
    sms: str | None = Field(description="the number that is written to")
    invoice: bool
    credit_note: bool
    refund: Amount | None = Field(description="what the client gets back: by the provider, or by a person")
    marketplace: Literal["confirm"] | None
    payable: bool
    warnings: list[EffectWarning]


class TransitionQuestion(AnswerModel):
    name: Literal["stock"]
    choices: list[StockChoice]
    required: bool
    text: str


class Transition(AnswerModel):
    """A status, and whether the order can go there."""

    mnemonic: str
    type: StatusType
    name: str = Field(description="in the order's language")
    verdict: Verdict
    ask_stock: bool
    reasons: Sometimes[list[str]] = None
    questions: Sometimes[list[TransitionQuestion]] = None
    effects: Sometimes[TransitionEffects] = None
    choices: Sometimes[dict[StockChoice, TransitionEffects]] = None


class ForeseenMessage(AnswerModel):
    """The message `orders.order.v1`, to be handed on: its whole schema is docs/schemas/orders.order.v1.json."""

    model_config = ConfigDict(extra="allow")

    shop: str
    id: UUID
    version: int
    code: str


class Transitions(AnswerModel):
    """Statuses that can be reached at once, with a decision, or not."""

    allowed: list[Transition]
    confirm: list[Transition]
    refused: list[Transition]
