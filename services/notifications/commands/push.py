"""Browsers that are told of orders: subscribed, forgotten; and the key that signs what they are sent.

An address that push services gave out is a secret: it rests sealed, and a digest of it tells one browser from another.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from sqlalchemy import delete, func, select, update

from services.notifications.channels.push import check_keys
from services.notifications.channels.seals import Seals
from services.notifications.commands.inputs import SubscriptionInput
from services.notifications.commands.webhooks import TooMany
from services.notifications.domain.addresses import BadAddress, check_url
from services.notifications.domain.push import service_of
from services.notifications.domain.results import Result, Trouble
from services.notifications.queries import Found
from services.notifications.settings import Settings
from services.notifications.tables import own_keys, push_subscriptions
from shared.contracts import Outcome
from shared.database import new_id, upsert
from shared.outbox import Outbox, Transaction
from shared.problems import Invalid, NotFound
from shared.security import Caller

MOST = 200
"""Browsers of a shop."""
VAPID = "vapid"


class Signing:
    """The key of this installation, from settings or made once and kept; browsers subscribe to it."""

    def __init__(self, settings: Settings, outbox: Outbox, seals: Seals) -> None:
        self._settings = settings
        self._outbox = outbox
        self._seals = seals
        self._key: Vapid02 | None = None

    async def key(self) -> Vapid02:
        """The key, read or made at the first use."""
        if self._key is None:
            given = self._settings.vapid_private_key
            text = given.get_secret_value() if given else await self._kept()
            self._key = Vapid02.from_string(text)
        return self._key

    async def public_key(self) -> str:
        """What a browser's `subscribe({applicationServerKey})` takes."""
        point = (await self.key()).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).decode().rstrip("=")

    async def _kept(self) -> str:
        seal = self._seals.get()
        mine = select(own_keys.c.value).where(own_keys.c.name == VAPID)
        async with self._outbox.db.read() as conn:
            found = (await conn.execute(mine)).scalar_one_or_none()
        if found is None:
            made = {"name": VAPID, "value": seal.close(_new_key()), "created_at": self._outbox.clock()}
            async with self._outbox.transaction() as tx:
                await tx.execute(upsert(tx.conn, own_keys, keys=("name",)), [made])
                found = (await tx.execute(mine)).scalar_one()
        return seal.open(found)


async def subscribe(
    tx: Transaction, caller: Caller, wanted: SubscriptionInput, seals: Seals, *, loopback: bool
) -> Found:
    """Tell this browser from now on; one that is subscribed already is told what it now wants."""
    host = _checked(wanted, loopback=loopback)
    c = push_subscriptions.c
    seal = seals.get()
    digest = hashlib.sha256(wanted.endpoint.encode()).hexdigest()
    known = (await tx.execute(select(func.count()).where(c.shop == caller.shop, c.digest != digest))).scalar_one()
    if known >= MOST:
        raise TooMany(f"A shop has at most {MOST} subscribed browsers: remove one first.")
    row = {
        "id": new_id(),
        "shop": caller.shop,
        "key_id": caller.key_id,
        "digest": digest,
        "service": service_of(host),
        "address": seal.close(wanted.endpoint),
        "p256dh": wanted.keys.p256dh,
        "auth": seal.close(wanted.keys.auth),
        "language": wanted.language,
        "label": wanted.label,
        "events": [str(event) for event in wanted.events],
        "created_at": tx.now,
    }
    changed = ("key_id", "address", "p256dh", "auth", "language", "label", "events")
    await tx.execute(upsert(tx.conn, push_subscriptions, keys=("shop", "digest"), update=changed), [row])
    mine = select(push_subscriptions).where(c.shop == caller.shop, c.digest == digest)
    return (await tx.execute(mine)).one()


async def unsubscribe(tx: Transaction, shop: str, subscription: str) -> None:
    """Tell it no more. Raises `NotFound`."""
    c = push_subscriptions.c
    gone = await tx.execute(delete(push_subscriptions).where(c.id == subscription, c.shop == shop))
    if not gone.rowcount:
        raise NotFound("There is no such subscription.")


async def note_test(tx: Transaction, subscription: str, result: Result) -> None:
    """Keep what a test showed: the browser was reached, or its subscription has ended."""
    mine = push_subscriptions.c.id == subscription
    if result.outcome == Outcome.DONE:
        await tx.execute(update(push_subscriptions).where(mine).values(delivered_at=tx.now))
    elif result.trouble is Trouble.GONE:
        await tx.execute(delete(push_subscriptions).where(mine))


def _checked(wanted: SubscriptionInput, *, loopback: bool) -> str:
    try:
        parts = check_url(wanted.endpoint, loopback=loopback)
    except BadAddress as error:
        raise Invalid(f"The address {error}.", field="endpoint") from error
    try:
        check_keys(wanted.keys.p256dh, wanted.keys.auth)
    except ValueError as error:
        raise Invalid(f"These keys are no browser's: {error}.", field="keys") from error
    return parts.hostname or ""


def _new_key() -> str:
    """A private key as 32 bytes in base64url."""
    vapid = Vapid02()
    vapid.generate_keys()
    number = vapid.private_key.private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")
