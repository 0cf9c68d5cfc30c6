"""Settings of orders beyond what all services have (`shared.settings`)."""

from pydantic import Field

from shared import settings


class Settings(settings.Settings):
    """`COMPTOIR_…` variables that only orders reads."""

    sweep_seconds: float = Field(default=5.0, gt=0, description="how often lagging services are looked for")
    resends_per_sweep: int = Field(default=200, ge=1, description="cap on re-sent orders per sweep and per digest")
    resync_per_second: int = Field(default=200, ge=1, description="rate of `comptoir resync`")
    count_seconds: float = Field(default=2.0, gt=0, description="how often the statistics take in changed orders")
    event_sweep_seconds: float = Field(default=5.0, gt=0, description="how often changes without a hint are looked for")
    heartbeat_seconds: float = Field(default=15.0, gt=0, description="of event streams that have nothing to tell")
    expiry_seconds: float = Field(default=30.0, gt=0, description="how often terms of payment are looked at")
    account_link_minutes: int = Field(
        default=15, ge=1, le=1440, description="how long a link to the client space is good"
    )
    account_session_days: int = Field(default=30, ge=1, le=365, description="how long a client stays signed in")
    account_links_per_hour: int = Field(default=5, ge=1, description="links that are mailed to one client in an hour")
    account_links_per_shop: int = Field(default=1000, ge=1, description="the same to all clients of a shop")
