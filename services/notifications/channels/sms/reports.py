"""Reports of SMS providers as they come in by HTTP: proven first, on the bytes as they came, and then read.

Twilio signs the address and the form (X-Twilio-Signature); a gateway proves itself as its account's settings say.
`Reporting` knows which account a shop's reports come from, and the address that each is asked to report to.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import orjson

from services.notifications.domain.pointers import pointed
from services.notifications.domain.results import clip
from services.notifications.domain.sms_reports import Reached, Report
from services.notifications.settings import Accounts, Settings
from services.notifications.settings.gateway import GatewayReports

PATH = "/api/v1/notifications/sms/status"
FIELDS = 100
LENGTH = 200
TWILIO = {
    "accepted": Reached.TAKEN,
    "scheduled": Reached.TAKEN,
    "queued": Reached.TAKEN,
    "sending": Reached.TAKEN,
    "sent": Reached.SENT,
    "failed": Reached.FAILED,
    "canceled": Reached.FAILED,
    "undelivered": Reached.UNDELIVERED,
    "delivered": Reached.DELIVERED,
    "read": Reached.DELIVERED,
}
"""Their words; one that Twilio adds says nothing yet."""


class Unproven(Exception):
    """The report is not proven to be the provider's."""


class Unreadable(Exception):
    """The report is proven, and says nothing that can be read."""


class Fallback(Protocol):
    """Whose account stands in where a shop has none: the sandbox."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where providers report to, and by which account."""

    settings: Settings
    fallback: Fallback | None = None

    def accounts(self, shop: str) -> Accounts:
        """The account that a shop's SMS leave by: its own, else the sandbox's."""
        own = self.settings.accounts(shop)
        return own if own.twilio or own.sms_gateway or self.fallback is None else self.fallback.accounts

    def address(self, shop: str, *parts: str) -> str | None:
        """Where a report comes in; None where nobody outside can reach us."""
        origin = self.settings.public_url
        own = self.settings.accounts(shop)
        if origin is None and self.fallback is not None and not (own.twilio or own.sms_gateway):
            origin = self.fallback.origin
        return None if origin is None else "/".join((f"{origin}{PATH}", *parts))

    def of_twilio(self, shop: str, delivery: str) -> str | None:
        """The address for one delivery's reports."""
        return self.address(shop, "twilio", shop, delivery)

    def of_gateway(self, shop: str) -> str | None:
        """The address for all of a shop's."""
        return self.address(shop, "gateway", shop)


def twilio_signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """What `X-Twilio-Signature` has to be: an HMAC over the address and the form's fields, sorted by name."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def read_twilio(raw: bytes, signature: str, token: str, url: str, shop: str, delivery: str) -> Report | None:
    """A report of Twilio's; None for a status that says nothing. Raises `Unproven`, `Unreadable`."""
    form = _form(raw)
    ours = [twilio_signature(token, shape, form) for shape in _shapes(url)]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in ours):
        raise Unproven("the signature is not of this report")
    reached = TWILIO.get(form.get("MessageStatus", ""))
    if reached is None:
        return None
    sid = _word(form.get("MessageSid"))
    if sid is None:
        raise Unreadable("the report does not say of which SMS it is")
    return Report(shop, sid, delivery, reached, _word(form.get("ErrorCode")))


def read_gateway(raw: bytes, headers: Mapping[str, str], account: GatewayReports, shop: str) -> Report | None:
    """A report of a gateway's; None for a status that says nothing. Raises `Unproven`, `Unreadable`."""
    if not _proven(raw, headers.get(account.header, ""), account):
        raise Unproven("the proof is not of this report")
    body = _body(raw, headers.get("content-type", ""))

    def said(pointer: str | None) -> str | None:
        return None if pointer is None else _word(pointed(body, pointer))

    status = said(account.status) or ""
    reached = account.statuses.get(status, status)
    if reached not in ("sent", "delivered", "undelivered", "failed"):
        return None
    own = said(account.reference)
    reference = said(account.id) or own
    if reference is None:
        raise Unreadable("the report does not say of which SMS it is")
    delivery = None if own is None else own.partition(".")[0][:36]
    return Report(shop, reference, delivery, Reached(reached), said(account.code))


def _shapes(url: str) -> list[str]:
    """The address with its port and without: Twilio does not always sign the one that it calls."""
    parts = urlsplit(url)
    return [url] if parts.port is None else [url, parts._replace(netloc=parts.hostname or "").geturl()]


def _proven(raw: bytes, given: str, account: GatewayReports) -> bool:
    secret = account.secret.get_secret_value().encode()
    if account.proof == "token":
        return hmac.compare_digest(secret, given.removeprefix("Bearer ").encode())
    digest = hmac.new(secret, raw, hashlib.sha256).digest()
    named = given.removeprefix("sha256=")
    shapes = (digest.hex(), base64.b64encode(digest).decode())
    return any(hmac.compare_digest(shape.encode(), named.encode()) for shape in shapes)


def _body(raw: bytes, kind: str) -> Any:
    if "form" in kind:
        return _form(raw)
    try:
        return orjson.loads(raw)
    except ValueError as error:
        raise Unreadable("the report is neither JSON nor a form") from error


def _form(raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:
        raise Unreadable("the report is no form") from error


def _word(found: Any) -> str | None:
    """A short word of a stranger's; None for anything else."""
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return clip(str(found).replace("\0", " "))[:LENGTH] or None
