"""Settings come from the environment or from mounted files; secrets stay out of every text."""

from pathlib import Path

import pytest

from shared.settings import BadSettings, Settings


def test_a_value_may_stand_in_a_mounted_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "url"
    secret.write_text("amqp://user:secret@mq/\n")
    monkeypatch.setenv("COMPTOIR_AMQP_URL_FILE", str(secret))
    assert Settings().amqp_url == "amqp://user:secret@mq/"
    monkeypatch.setenv("COMPTOIR_AMQP_URL", "amqp://environment/")
    assert Settings().amqp_url == "amqp://environment/", "what is said plainly wins"


def test_a_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_AMQP_URL_FILE", "/nowhere/secret")
    with pytest.raises(BadSettings, match="/nowhere/secret"):
        Settings()


def test_each_service_has_its_own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(var=tmp_path).database("orders") == f"sqlite+aiosqlite:///{tmp_path}/orders.db"
    template = Settings(database_url="postgresql://db/comptoir_{service}")
    assert template.database("billing") == "postgresql://db/comptoir_billing"
    monkeypatch.setenv("COMPTOIR_DATABASE_URL_BILLING", "postgresql://elsewhere/b")
    assert template.database("billing") == "postgresql://elsewhere/b"
    assert template.database("orders") == "postgresql://db/comptoir_orders"


def test_no_secret_is_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_API_KEY", "ck_hunter2_of_some_length")
    settings = Settings(database_url="postgresql://u:hunter2@db/x", amqp_url="amqp://u:hunter2@mq/")
    assert "hunter2" not in repr(settings)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "ck_hunter2_of_some_length"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOG_FORMAT", "xml"),
        ("TRACE_SAMPLE", "2"),
        ("BATCH_LIMIT", "0"),
        ("SQLITE_SYNCHRONOUS", "PERHAPS"),
        ("API_KEY", "short"),
    ],
)
def test_nonsense_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(f"COMPTOIR_{variable}", value)
    with pytest.raises(BadSettings, match=f"^COMPTOIR_{variable}: "):
        Settings()
