"""The service as a whole: migrations, settings, traces, forgetting, an orderly end."""

import asyncio
import time
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from services.notifications.jobs.retention import forget_old
from services.notifications.settings import Settings
from services.notifications.tables import attempts, obligations
from shared.database import Database
from shared.database.migrations import differences
from tests.eventually import eventually
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Clock, Driver, entry, order
from tests.recording import recorded_spans


async def test_migrations_make_what_the_tables_say(database_url: str) -> None:
    database = Database(database_url)
    async with database.read() as conn:
        found: list[Any] = await conn.run_sync(differences, "notifications")
    await database.close()
    assert found == []


async def test_the_last_effect_belongs_to_the_trace_of_its_command(house: Driver) -> None:
    with recorded_spans() as spans:
        await house.hear(order(1, 1, entry(1, mail=True)))
        await house.deliver()
    [sent] = [span for span in spans.get_finished_spans() if span.name == "send mail"]
    assert sent.parent is not None
    assert f"{sent.parent.trace_id:032x}-{sent.parent.span_id:016x}" in (entry(1).traceparent or "")
    assert (sent.attributes or {})["comptoir.outcome"] == "done"


async def test_the_time_from_entry_to_effect_is_measured(house: Driver, clock: Clock) -> None:
    name = ("comptoir_effect_seconds_count", {"channel": "mail"})
    before = REGISTRY.get_sample_value(*name) or 0
    clock.forward(seconds=3)
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    assert REGISTRY.get_sample_value(*name) == before + 1


async def test_what_is_old_is_forgotten_and_what_is_open_is_not(house: Driver, clock: Clock) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    await house.fault("sms", "500")
    await house.hear(order(2, 1, entry(2, sms=True)))
    await house.deliver()
    clock.forward(days=91)
    await forget_old(house.service.outbox, Settings())
    kept = await house.rows(select(obligations.c.state, obligations.c.payload.is_(None)).order_by(obligations.c.code))
    assert [tuple(row) for row in kept] == [("done", True), ("unknown", False)]
    assert (await house.rows(select(func.count()).select_from(attempts)))[0][0] == 0
    await house.hear(order(1, 2, entry(1, mail=True)))
    await house.deliver()
    assert len(await house.calls("mail")) == 1, "what is forgotten is not sent again"


async def test_calls_in_flight_come_back_before_the_end(make_driver: MakeDriver) -> None:
    house = await make_driver(call_seconds=0.3)
    await house.fault("sms", "timeout_after_accept")
    await house.hear(order(1, 1, entry(1, sms=True)))
    await house.deliverer.run()
    await eventually(lambda: house.calls("sms"))
    await asyncio.gather(house.deliverer.stop(5.0))
    assert await house.outcomes() == [("sms", "unknown")]


async def test_300_mails_leave_in_seconds(make_driver: MakeDriver) -> None:
    """Seconds of this process's own time, the mail server's included, so that a busy machine does not decide."""
    house = await make_driver()
    await asyncio.gather(*(house.hear(order(number, 1, entry(1, mail=True))) for number in range(1, 301)))
    start = time.process_time()
    async with asyncio.timeout(100):
        await house.deliver()
    assert time.process_time() - start < 10
    assert (await house.http.get("/sandbox/mail/calls", params={"limit": 1})).json()["total"] == 300
    assert {(await house.answer(number)).open for number in (1, 150, 300)} == {0}


def test_accounts_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("COMPTOIR_SMTP__HOST", "mail.example.com")
    monkeypatch.setenv("COMPTOIR_SMTP__PORT", "2525")
    own = '{"other": {"smtp": {"host": "other.example.com", "security": "tls"}}}'
    monkeypatch.setenv("COMPTOIR_SHOP_ACCOUNTS", own)
    secret = tmp_path / "ebay"
    secret.write_text('{"client_id": "id", "client_secret": "hush", "refresh_token": "r"}')
    monkeypatch.setenv("COMPTOIR_EBAY_FILE", str(secret))
    settings = Settings()
    smtp, other = settings.accounts("cave").smtp, settings.accounts("other").smtp
    assert smtp is not None
    assert other is not None
    assert (smtp.host, smtp.port, other.host) == ("mail.example.com", 2525, "other.example.com")
    ebay = settings.accounts("other").ebay
    assert ebay is not None
    assert ebay.client_secret.get_secret_value() == "hush"
    assert "hush" not in repr(settings)
