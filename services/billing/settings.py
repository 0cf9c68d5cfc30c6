"""Settings of billing beyond what all services have (`shared.settings`)."""

from pydantic import Field

from shared import settings


class Settings(settings.Settings):
    """`COMPTOIR_…` variables that only billing reads."""

    render_seconds: float = Field(default=5.0, gt=0, description="how often documents without a PDF are looked for")
    render_lease_seconds: float = Field(default=20.0, gt=0, description="after which another worker may take over")
    render_batch: int = Field(default=10, ge=1, le=200, description="documents a worker takes at a time")
    waiting_seconds: float = Field(default=5.0, gt=0, description="how often orders heard before their shop are tried")
    closing_seconds: float = Field(default=60.0, gt=0, description="how often days that are over are looked for")
