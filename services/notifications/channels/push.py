"""Web Push (RFC 8030) to operators' browsers: encrypted for the browser alone (RFC 8291), signed by our key (VAPID,
RFC 8292).

What is sent names an order's code and amount, and nobody. A push service that says 404 or 410 has no such subscription
any more: it is forgotten. A message is worth some hours; a newer one about the same order takes its place (`Topic`).
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import http_ece
import orjson
from babel.numbers import format_currency
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pydantic import TypeAdapter

from services.notifications.channels.outward import Misshapen, Post, Refused, Reply, Unreached
from services.notifications.channels.texts import locale_of
from services.notifications.channels.webhooks import patience
from services.notifications.channels.words import push_words
from services.notifications.domain.push import Notice
from services.notifications.domain.results import Call, Result, Trouble, clip, done, down, rejected
from shared.contracts import Outcome
from shared.database import Clock
from shared.money import from_minor

TTL_SECONDS = 14_400
TOKEN_LIFE = timedelta(hours=12)
ENDED = frozenset({404, 410})
POINT_BYTES, AUTH_BYTES = 65, 16

_notices = TypeAdapter(Notice)

Signer = Callable[[], Awaitable[Vapid02]]
"""Gives this installation's key, when it is first needed."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser: where its messages go, its public key and its secret, in base64url."""

    address: str
    p256dh: str
    auth: str


class Subscriptions(Protocol):
    """Where subscriptions are kept."""

    async def find(self, subscription: str) -> Subscription | None: ...


class Push:
    """All push messages of this process."""

    def __init__(self, post: Post, subscriptions: Subscriptions, signer: Signer, subject: str, clock: Clock) -> None:
        self._post = post
        self._subscriptions = subscriptions
        self._signer = signer
        self._subject = subject
        self._clock = clock

    async def send(self, call: Call) -> Result:
        """Have the push service wake the browser."""
        notice = _notices.validate_python(call.payload)
        subscription = await self._subscriptions.find(notice.subscription)
        if subscription is None:
            return rejected("the browser is no longer subscribed")
        key, now = await self._signer(), self._clock()
        return await push(self._post, key, self._subject, subscription, message_of(notice), topic_of(notice.order), now)

    async def close(self) -> None:
        """Connections are `Outward`'s."""


async def push(
    post: Post, key: Vapid02, subject: str, subscription: Subscription, message: bytes, topic: str, now: datetime
) -> Result:
    """Hand a message to the browser's push service, which wakes the browser."""
    headers = {
        "authorization": token(key, subscription.address, subject, now),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(TTL_SECONDS),
        "urgency": "high",
        "topic": topic,
    }
    try:
        reply = await post(subscription.address, encrypt(message, subscription), headers)
    except Misshapen as error:
        return rejected(str(error))
    except (Refused, Unreached) as error:
        return down(str(error))
    return judge(reply, now)


def trial_message(shop: str, language: str) -> bytes:
    """What a browser is shown when an operator tries whether it is reached."""
    return orjson.dumps({"type": "test", "title": shop, "body": push_words(language)["test"], "code": ""})


def message_of(notice: Notice) -> bytes:
    """What the browser's service worker is handed."""
    say = push_words(notice.language)
    amount = format_currency(
        from_minor(notice.total, notice.currency), notice.currency, locale=locale_of(notice.language)
    )
    return orjson.dumps(
        {
            "type": notice.event,
            "title": notice.shop,
            "body": say[notice.event].format(code=notice.code, amount=amount),
            "code": notice.code,
            "total": notice.total,
            "currency": notice.currency,
        }
    )


def encrypt(message: bytes, subscription: Subscription) -> bytes:
    """The message as only the browser can read it; a fresh key each time."""
    sealed: bytes = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(subscription.p256dh),
        auth_secret=decoded(subscription.auth),
        version="aes128gcm",
    )
    return sealed


def token(key: Vapid02, address: str, subject: str, now: datetime) -> str:
    """The value of `Authorization`: that it is we who send, to this push service, for some hours."""
    parts = urlsplit(address)
    claims = {
        "sub": subject,
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
    }
    signed: str = key.sign(claims)["Authorization"]
    return signed


def topic_of(order: str) -> str:
    """Messages of one topic replace one another while the browser is away; 32 characters at the most."""
    return base64.urlsafe_b64encode(hashlib.sha256(order.encode()).digest()[:24]).decode()


def decoded(text: str) -> bytes:
    """Base64url, padded or not; raises ValueError."""
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def check_keys(p256dh: str, auth: str) -> None:
    """Raises ValueError for keys that nothing can be encrypted with."""
    if len(decoded(auth)) != AUTH_BYTES:
        raise ValueError(f"'auth' must be {AUTH_BYTES} bytes")
    point = decoded(p256dh)
    if len(point) != POINT_BYTES:
        raise ValueError("'p256dh' must be an uncompressed point of P-256")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def judge(reply: Reply, now: datetime) -> Result:
    """What a push service's answer means."""
    said = clip(f"{reply.status} {reply.said[:200].decode('utf-8', 'replace')}".replace("\0", " "))
    if 200 <= reply.status < 300:
        return done(str(reply.status))
    if reply.status in ENDED:
        return Result(Outcome.REJECTED, said, trouble=Trouble.GONE)
    if reply.status == 429 or reply.status >= 500:
        asked = patience(reply, now)
        trouble = Trouble.BUSY if reply.status == 429 else Trouble.DOWN
        return Result(Outcome.RETRY, said, retry_after=asked, trouble=trouble)
    if reply.status in (401, 403):
        return Result(Outcome.RETRY, said, trouble=Trouble.REFUSED)
    return rejected(said)
