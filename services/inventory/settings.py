"""Settings of inventory beyond what all services have (`shared.settings`)."""

from pydantic import Field

from shared import settings


class Settings(settings.Settings):
    """`COMPTOIR_…` variables that only inventory reads."""

    publish_seconds: float = Field(default=1.0, gt=0, description="how often changed products are looked for")
    answer_seconds: float = Field(default=5.0, gt=0, description="how often unanswered orders are looked for")
