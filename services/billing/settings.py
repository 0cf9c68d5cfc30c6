"""Settings of billing beyond what all services have (`shared.settings`)."""

from pydantic import Field

from shared import settings


class Settings(settings.Settings):
    """`COMPTOIR_…` variables that only billing reads."""

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
