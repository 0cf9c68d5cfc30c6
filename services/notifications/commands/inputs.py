"""What the API accepts about webhooks and push. Unknown fields are refused: no typing slip passes for a wish."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.notifications.domain.push import OFFERED
from services.notifications.domain.told import Event
from shared.contracts import Channel, StatusType

EVENTS = tuple(str(event) for event in Event if event not in (Event.TEST, Event.OTHER))
FAMILIES = tuple(dict.fromkeys(f"{event.partition('.')[0]}.*" for event in EVENTS))
LONGEST_OVERLAP = 168


def _known_event(event: str) -> str:
    if event not in EVENTS and event not in FAMILIES:
        raise ValueError(f"must be one of {', '.join((*EVENTS, *FAMILIES))}")
    return event


def _clean(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable, on one line")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_clean)]
EventName = Annotated[str, AfterValidator(_known_event)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Format(StrEnum):
    """How much is told: the whole order, or only which and what happened (for receivers that then ask the API)."""

    FULL = "full"
    REFERENCE = "reference"


class FiltersInput(_Body):
    """What the endpoint wants to hear of; an empty list: everything."""

    events: Annotated[list[EventName], Field(max_length=50)] = []
    status_types: Annotated[list[StatusType], Field(max_length=20)] = []
    channels: Annotated[list[Channel], Field(max_length=20)] = []
    test_orders: bool = False

    def stored(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class EndpointInput(_Body):
    """A webhook endpoint as it shall be."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    description: Text = ""
    active: bool = True
    format: Format = Format.FULL
    filters: FiltersInput = FiltersInput()


class RotationInput(_Body):
    """A new secret; for so many hours the old one signs too."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP, strict=True)] = 24


class ReplayInput(_Body):
    """Which of the endpoint's deliveries to send again: those asked for from `since` on, and before `until`."""

    since: AwareDatetime
    until: AwareDatetime | None = None
    order: Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_clean)] | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> "ReplayInput":
        if self.until is not None and self.until <= self.since:
            raise ValueError("'until' must be after 'since'")
        return self

    def before(self, now: datetime) -> datetime:
        return self.until or now


def _offered(event: Event) -> Event:
    if event not in OFFERED:
        raise ValueError(f"must be one of {', '.join(OFFERED)}")
    return event


Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+=*$", max_length=200)]


class BrowserKeys(_Body):
    """What the browser's `PushSubscription.toJSON()` has under `keys`."""

    p256dh: Base64Url
    auth: Base64Url


class SubscriptionInput(BaseModel):
    """What a browser's `PushSubscription.toJSON()` says, and what its operator wants to be told."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # browsers add members of their own

    endpoint: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    keys: BrowserKeys
    events: Annotated[list[Annotated[Event, AfterValidator(_offered)]], Field(min_length=1, max_length=10)] = [
        Event.PLACED
    ]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "fr"
    label: Text = ""
