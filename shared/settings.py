"""Settings every process reads from the environment (`COMPTOIR_…`), with defaults that make `make run` work.

Each service adds its own fields in `services/<name>/settings.py`. A value may also stand in a mounted file: the
variable's name with `_FILE` appended names it (see `SecretFiles`).
"""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

PREFIX = "COMPTOIR_"

FIRST_SHOP = "comptoir"
"""The id of the shop that a first start founds."""


class BadSettings(ValueError):
    """Settings that cannot be right; the text has a line for each variable, and no value."""


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `COMPTOIR_X_FILE=/run/secrets/x` as the value of `x`, as orchestrators mount secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """What all four services have in common."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    var: Path = Field(default=Path("var"), description="where the embedded mode keeps its data")
    database_url: str | None = Field(
        default=None, repr=False, description="`{service}` in it is replaced by the service's name"
    )
    amqp_url: str | None = Field(default=None, repr=False, description="none: the embedded broker")
    host: str = "127.0.0.1"
    port: int = 8000
    api_key: SecretStr | None = Field(
        default=None, min_length=16, description="the first key, used at the first start only"
    )
    docs: bool = Field(default=False, description="serve the API documentation pages")
    seed: bool = Field(default=False, description="fill an empty installation with a small demonstration shop")
    sandbox: bool = Field(default=False, description="serve the built-in sandboxes and use them as counterparts")
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")
    otlp_endpoint: str | None = Field(default=None, description="OTLP/HTTP collector; none: nothing is exported")
    trace_sample: float = Field(default=1.0, ge=0, le=1)
    pool_size: int = Field(default=5, ge=1)
    prefetch: int = Field(default=200, ge=1, description="messages a consumer may hold unacknowledged")
    batch_limit: int = Field(default=50, ge=1, le=500)
    sqlite_synchronous: str = Field(default="FULL", pattern="^(FULL|NORMAL|OFF)$")
    shutdown_seconds: float = Field(default=10.0, gt=0)
    keep_idempotency_hours: int = Field(default=24, ge=1)
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+$",
        description="where others reach this installation, without a path: the first shop's links, reports of SMS",
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise BadSettings("\n".join(map(_line, error.errors()))) from None
        except (SettingsError, OSError, UnicodeDecodeError) as error:
            raise BadSettings(f"{PREFIX}…: {error}") from None

    @classmethod
    def of_front(cls) -> Self:
        """Of whoever answers on the front port: `PORT`, as platforms set it, goes before `COMPTOIR_PORT`."""
        port = os.environ.get("PORT")
        return cls(port=port) if port else cls()

    def database(self, service: str) -> str:
        """The SQLAlchemy URL of a service's own database."""
        specific = os.environ.get(f"{PREFIX}DATABASE_URL_{service.upper()}")
        if specific:
            return specific
        if self.database_url:
            return self.database_url.replace("{service}", service)
        return f"sqlite+aiosqlite:///{self.var / f'{service}.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls)


def _line(error: ErrorDetails) -> str:
    variable = "__".join(str(part) for part in error["loc"]).upper()
    return f"{PREFIX}{variable}: {error['msg'].removeprefix('Value error, ')}"
