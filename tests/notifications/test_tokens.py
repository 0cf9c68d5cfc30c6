"""Access tokens: one fetch for all who wait, refreshed in time, used on while the endpoint is away."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.notifications.channels.web import http_client
from services.notifications.domain.results import Result, Trouble
from services.notifications.jobs.outlets import TokenRows
from services.notifications.marketplaces.tokens import MemoryStore, NoToken, Token, Tokens, fetch_token
from tests.notifications.driver import NOON, Clock, Driver

HOUR = timedelta(hours=1)


class Endpoint:
    """A token endpoint that can be away, and counts."""

    def __init__(self, clock: Clock) -> None:
        self.fetched = 0
        self.away: NoToken | None = None
        self._clock = clock

    async def __call__(self) -> Token:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        now = self._clock()
        return Token(f"token-{self.fetched}", now + HOUR * 0.8, now + HOUR)


@pytest.fixture
def endpoint(clock: Clock) -> Endpoint:
    return Endpoint(clock)


async def test_many_calls_share_one_fetch(endpoint: Endpoint, clock: Clock) -> None:
    tokens = Tokens(endpoint, MemoryStore(), clock)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {"token-1"}
    clock.forward(minutes=47)
    assert await tokens.get() == "token-1"
    clock.forward(minutes=1)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {"token-2"}


@pytest.mark.failure_mode(4)
async def test_many_refusals_lead_to_one_fetch(endpoint: Endpoint, clock: Clock) -> None:
    tokens = Tokens(endpoint, MemoryStore(), clock)
    first = await tokens.get()
    assert set(await asyncio.gather(*(tokens.renew(first) for _ in range(20)))) == {"token-2"}


@pytest.mark.failure_mode(5)
async def test_a_valid_token_serves_while_the_endpoint_is_away(endpoint: Endpoint, clock: Clock) -> None:
    tokens = Tokens(endpoint, MemoryStore(), clock)
    await tokens.get()
    endpoint.away = NoToken(await _refusal(503))
    clock.forward(minutes=50)
    assert await tokens.get() == "token-1"
    clock.forward(minutes=10)
    with pytest.raises(NoToken):
        await tokens.get()


async def test_replicas_share_a_token(house: Driver, clock: Clock, endpoint: Endpoint) -> None:
    one, two = (Tokens(endpoint, TokenRows(house.service.outbox, "amazon", "cave"), clock) for _ in range(2))
    assert (await one.get(), await two.get()) == ("token-1", "token-1")
    assert await one.renew("token-1") == "token-2"
    assert await two.renew("token-1") == "token-2"
    assert endpoint.fetched == 2


@pytest.mark.parametrize(
    ("status", "trouble"), [(503, Trouble.DOWN), (429, Trouble.BUSY), (400, Trouble.REFUSED), (401, Trouble.REFUSED)]
)
@pytest.mark.failure_mode(5)
async def test_what_an_endpoint_says(status: int, trouble: Trouble) -> None:
    result = await _refusal(status)
    assert result.trouble is trouble
    assert "hush" not in str(result.reason)


async def _refusal(status: int) -> Result:
    answer = httpx.MockTransport(lambda _request: httpx.Response(status, json={"error": "invalid_grant"}))
    async with http_client(5, transport=answer) as http:
        with pytest.raises(NoToken) as refused:
            await fetch_token(http, "http://vendor.invalid/token", {"refresh_token": "hush"}, lambda: NOON, seconds=5)
    return refused.value.result
