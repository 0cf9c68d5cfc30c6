"""Signatures beside the vector of Standard Webhooks and its own library; secrets at rest."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from services.notifications.channels.sealing import Unsealable
from services.notifications.channels.seals import NoSealingKeys, Seals
from services.notifications.domain.signing import new_secret, signature_headers
from services.notifications.settings import Settings
from services.notifications.tables import webhook_endpoints
from tests.notifications.driver import Driver
from tests.notifications.receiving import WEBHOOKS, Receiver, listen


def test_the_vector_of_the_standard() -> None:
    headers = signature_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.text(max_size=200), st.integers(1, 3))
def test_the_library_of_the_standard_verifies_each_of_the_secrets(text: str, count: int) -> None:
    secrets = [new_secret() for _ in range(count)]
    headers = signature_headers(secrets, "msg_1", datetime.now(UTC), text.encode())
    for secret in secrets:
        Webhook(secret).verify(text, headers, json_parse=False)


def test_a_secret_is_of_the_length_that_the_standard_asks_for() -> None:
    assert 24 <= len(base64.b64decode(new_secret().removeprefix("whsec_"))) <= 64
    assert new_secret() != new_secret()


async def test_a_secret_rests_sealed(house: Driver, receiver: Receiver) -> None:
    made = await listen(house, receiver)
    [row] = await house.rows(select(webhook_endpoints))
    assert made["secret"] not in str(row)
    [shown] = (await house.http.get(WEBHOOKS)).json()["items"]
    assert made.keys() - shown.keys() == {"secret"}


def test_a_single_machine_makes_its_own_key_and_keeps_it(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    sealed = Seals(settings).get().close("hush")
    assert Seals(settings).get().open(sealed) == "hush"
    assert (settings.var / "sealing-key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unsealable):
        Seals(Settings(var=tmp_path / "other")).get().open(sealed)


def test_replicas_are_given_their_key() -> None:
    with pytest.raises(NoSealingKeys):
        Seals(Settings(database_url="postgresql+asyncpg://db/{service}")).get()
