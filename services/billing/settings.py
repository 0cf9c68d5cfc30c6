"""Settings of billing beyond what all services have (`shared.settings`).

`COMPTOIR_STRIPE__SECRET_KEY=…` and so on name the Stripe account of every shop, `COMPTOIR_STRIPE_ACCOUNTS` is a JSON
object that gives a shop its own (`{"my-shop": {"secret_key": …}}`); either may stand in a mounted file. Without one the
sandbox stands in where `sandbox` is on; else cards cannot be charged, and the payment page does not offer it.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared import settings


def _from_json(value: Any) -> Any:
    """A mounted file gives text where the environment gives an object."""
    return json.loads(value) if isinstance(value, str) else value


class StripeAccount(BaseModel):
    """An account; `webhook_secret` is that of the endpoint `/api/v1/billing/stripe/{account}/webhook`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_key: SecretStr
    webhook_secret: SecretStr
    base_url: str = "https://api.stripe.com"
    pages: str = Field(default="https://checkout.stripe.com", description="where its payment pages stand")
    version: str | None = Field(default=None, description="`Stripe-Version`; none: the account's own")


class Settings(settings.Settings):
    """`COMPTOIR_…` variables that only billing reads."""

    model_config = SettingsConfigDict(env_prefix=settings.PREFIX, env_nested_delimiter="__", extra="ignore")

    render_seconds: float = Field(default=5.0, gt=0, description="how often documents without a PDF are looked for")
    print_seconds: float = Field(default=5.0, gt=0, description="how often prints of many documents are looked for")
    render_lease_seconds: float = Field(default=20.0, gt=0, description="after which another worker may take over")
    render_batch: int = Field(default=10, ge=1, le=200, description="documents a worker takes at a time")
    render_processes: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="that typeset several documents at once; none given: one a core, at most 8",
    )
    document_store: str | None = Field(
        default=None,
        pattern="^(s3://[^/].*|file:///.+)$",
        description="where PDFs are kept: s3://bucket/prefix or file:///folder; none: the database",
    )
    waiting_seconds: float = Field(default=5.0, gt=0, description="how often orders heard before their shop are tried")
    closing_seconds: float = Field(default=60.0, gt=0, description="how often days that are over are looked for")
    stripe: Annotated[StripeAccount | None, BeforeValidator(_from_json)] = None
    stripe_accounts: Annotated[dict[str, StripeAccount], BeforeValidator(_from_json)] = Field(default={})
    provider_seconds: float = Field(default=1.0, gt=0, description="how often calls to providers are looked for")
    provider_call_seconds: float = Field(default=10.0, gt=0, description="after which a call counts as unknown")
    provider_lease_seconds: float = Field(default=60.0, gt=0, description="after which another worker may take over")
    provider_batch: int = Field(default=10, ge=1, le=100, description="calls a worker makes at a time")
    look_minutes: float = Field(default=10.0, gt=0, description="how long an unfinished payment goes without a look")
    payout_seconds: float = Field(default=30.0, gt=0, description="how often payouts are matched with new orders")
