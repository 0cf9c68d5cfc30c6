"""Our requests against Stripe's own specification, served by steady, and our signatures against the vendor's library.

Nobody here wrote the counterparts. steady answers with values made from the specification, so what is asserted of an
answer is that the request was accepted; what answers mean is shown on the sandbox.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.billing.domain.charging import Reply
from services.billing.payments.exchange import judge
from services.billing.payments.signatures import BadSignature, sign, verify
from services.billing.payments.stripe import Opening, Refunding, Stripe, http_client
from services.billing.payments.units import NotChargeable, from_provider, to_provider
from services.billing.settings import StripeAccount
from shared.contracts import Outcome
from shared.money import exponent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENING = Opening(
    charge_id="019a0000-0000-7000-8000-000000000001",
    order_id="019a0000-0000-7000-8000-000000000002",
    code="4KA1-7B9D-NBD7J",
    title="Maison Verdier & Fils",
    amount=2400,
    currency="EUR",
    language="fr",
    email="claire@example.org",
    return_to="https://boutique.example/p/token",
    expires_at=NOW + timedelta(minutes=46),
    capture_later=True,
)
REFUNDING = Refunding("refund-1", "4KA1-7B9D-NBD7J", "pi_1", 500, "EUR", "refund:1:1", ask_first=False)


@pytest.fixture
async def account(stripe_specification: str) -> AsyncIterator[Stripe]:
    """Our client against the mock server."""
    settings = StripeAccount(
        secret_key=SecretStr("sk_test"), webhook_secret=SecretStr("whsec_test"), base_url=stripe_specification
    )
    client = Stripe(settings, http_client(20), seconds=20)
    yield client
    await client.close()


@pytest.mark.slow
async def test_stripes_specification_accepts_what_we_send(account: Stripe) -> None:
    calls: dict[str, Callable[[], object]] = {
        "open": lambda: account.open(OPENING, "key"),
        "open without mail, captured at once": lambda: account.open(
            replace(OPENING, email="", capture_later=False, language="en"), "key"
        ),
        "look": lambda: account.look("cs_1"),
        "expire": lambda: account.expire("cs_1", "key"),
        "cancel": lambda: account.cancel("pi_1", "key"),
        "capture": lambda: account.capture("pi_1", "key"),
        "refund": lambda: account.refund(REFUNDING),
        "ask first": lambda: account.refund(replace(REFUNDING, ask_first=True)),
        "disputes": lambda: _reading(account._dispute("pi_1")),
    }
    for name, make in calls.items():
        reply = await make()  # type: ignore[misc]
        assert isinstance(reply, Reply)
        assert reply.outcome in (Outcome.DONE, Outcome.UNKNOWN), (name, reply)
        assert "400" not in (reply.reason or ""), (name, reply)


@pytest.mark.slow
async def test_stripes_specification_refuses_what_is_wrong(account: Stripe) -> None:
    """Otherwise the test above would prove nothing."""
    for form in ({"amount": "ten"}, {"reason": "no_reason"}, {"unheard_of": "1"}):
        answer = await account._http.post(f"{account.account.base_url}/v1/refunds", data=form)
        assert answer.status_code == 400, form
        assert judge(answer, reads=False).outcome is Outcome.REJECTED


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40, alphabet=st.characters(codec="ascii")))
def test_the_vendors_library_accepts_our_signature_and_we_accept_its(body: bytes, secret: str) -> None:
    text = body.decode("latin-1")
    header = sign(text.encode(), secret, NOW)
    moment = int(NOW.timestamp())
    theirs = stripe.WebhookSignature._compute_signature(f"{moment}.{text}", secret)
    assert header == f"t={moment},v1={theirs}"
    verify(text.encode(), f"t={moment},v0=old,v1=wrong,v1={theirs}", secret, NOW)


@given(st.text(max_size=200))
def test_no_header_breaks_the_check(header: str) -> None:
    with pytest.raises(BadSignature):
        verify(b"{}", header, "secret", NOW)


@given(st.integers(1, 10**9), st.sampled_from(["EUR", "JPY", "ISK", "UGX", "MGA", "TND", "KWD", "HUF"]))
def test_amounts_come_back_as_they_went(minor: int, currency: str) -> None:
    try:
        amount = to_provider(minor, currency)
    except NotChargeable:
        assert minor % (100 if currency == "MGA" else 10)
        return
    assert from_provider(amount, currency) == minor
    if currency in ("ISK", "UGX"):
        assert (amount, exponent(currency)) == (minor * 100, 0)


@pytest.mark.parametrize(
    ("status", "headers", "reads", "outcome"),
    [
        (429, {"Retry-After": "7"}, False, Outcome.RETRY),
        (409, {}, False, Outcome.RETRY),
        (409, {"Stripe-Should-Retry": "false"}, False, Outcome.REJECTED),
        (402, {}, False, Outcome.REJECTED),
        (402, {"Stripe-Should-Retry": "true"}, False, Outcome.RETRY),
        (401, {}, False, Outcome.RETRY),
        (500, {}, False, Outcome.UNKNOWN),
        (503, {"Stripe-Should-Retry": "false"}, False, Outcome.UNKNOWN),
        (500, {}, True, Outcome.RETRY),
        (404, {}, True, Outcome.REJECTED),
    ],
)
def test_what_an_answer_means(status: int, headers: dict[str, str], reads: bool, outcome: Outcome) -> None:
    reply = judge(httpx.Response(status, headers=headers, content=b"<html>"), reads=reads)
    assert reply.outcome is outcome
    assert reply.retry_after == (7.0 if status == 429 else None)


async def _reading(call: object) -> Reply:
    await call  # type: ignore[misc]
    return Reply(Outcome.DONE)
