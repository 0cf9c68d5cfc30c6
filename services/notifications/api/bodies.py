"""What the routes about webhooks and push answer; never a secret, but in the answer that makes one."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.notifications.queries import Found


class Filters(BaseModel):
    """What an endpoint wants to hear of; an empty list: everything."""

    events: list[str]
    status_types: list[str]
    channels: list[str]
    test_orders: bool


class Endpoint(BaseModel):
    """A webhook endpoint. `disabled_at`: we call it no more, for `disabled_reason`, until somebody enables it."""

    id: str
    url: str
    description: str
    active: bool
    format: str
    filters: Filters
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    delivered_at: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime
    changed_at: datetime


class EndpointWithSecret(Endpoint):
    """`secret` verifies the signatures; it is told this once."""

    secret: str


class Counted(BaseModel):
    """How many deliveries it is about."""

    count: int
    dry_run: bool


class Tested(BaseModel):
    """What came of a test: no `status` where nobody answered."""

    delivered: bool
    status: int | None
    seconds: float
    answer: str | None
    reason: str | None


class Call(BaseModel):
    """One call of an endpoint. Without an `outcome` it is under way; without a `status` nobody answered."""

    delivery: str
    order: str
    attempt: int
    at: datetime
    outcome: str | None
    status: int | None
    seconds: float | None
    answer: str | None
    reason: str | None


class Subscription(BaseModel):
    """A browser that is told of orders; `service` is whose push service wakes it."""

    id: str
    service: str
    label: str
    language: str
    events: list[str]
    created_at: datetime
    delivered_at: datetime | None


class PushTested(BaseModel):
    """Whether the push service took a test; if not, why."""

    delivered: bool
    reason: str | None


class PublicKey(BaseModel):
    """What a browser's `subscribe({applicationServerKey})` takes."""

    public_key: str


def endpoint_document(row: Found) -> dict[str, Any]:
    """An endpoint as it is shown."""
    return Endpoint(
        id=row.id,
        url=row.url,
        description=row.description,
        active=row.active,
        format=row.format,
        filters=Filters.model_validate(row.filters),
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        delivered_at=row.delivered_at,
        previous_secret_until=row.previous_until,
        created_at=row.created_at,
        changed_at=row.changed_at,
    ).model_dump(mode="json")


def call_document(row: Found) -> Call:
    """A call as its endpoint's log shows it."""
    return Call(
        delivery=row.obligation_id,
        order=row.code,
        attempt=row.fence,
        at=row.started_at,
        outcome=row.outcome,
        status=row.status,
        seconds=None if row.seconds is None else round(row.seconds, 3),
        answer=row.said,
        reason=row.reason,
    )


def subscription_document(row: Found) -> dict[str, Any]:
    """A browser as it is shown."""
    return Subscription(
        id=row.id,
        service=row.service,
        label=row.label,
        language=row.language,
        events=row.events,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
    ).model_dump(mode="json")
