"""The messages a Twilio-shaped counterpart keeps: what they look like, how they are found, and how far each comes.

The numbers with which Twilio's test credentials fail do so here. A call that was taken takes one step a turn, from
queued to sent to delivered; the numbers below, which France keeps for fiction, come to another end.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from services.notifications.domain.segments import segments
from shared.database import Clock

VERSION = "2010-04-01"
PAGE_SIZES = range(1, 1001)
PAGE_SIZE = 50

REFUSED_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of the 'To' number."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient."),
    "+15005550009": (21614, "'To' number is not a valid mobile number."),
}
REFUSED_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' phone number provided is not a valid, SMS-capable Twilio phone number."),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages."),
}
"""What Twilio's own test credentials answer to these numbers."""

REACHES = ("sent", "delivered")
ENDS: Mapping[str, tuple[str, ...]] = {
    "+33639980001": ("sent", "undelivered"),
    "+33639980002": ("failed",),
    "+33639980003": ("sent",),
    "+33639980004": ("delivered", "sent", "delivered"),
}
"""Never reaches the telephone; refused by the carrier; nobody knows; reported twice and in the wrong order."""
CODES = {"undelivered": (30003, "Unreachable destination handset"), "failed": (30007, "Carrier violation")}


@dataclass(slots=True)
class Sent:
    """One message: as it is shown, what is still to happen to it, and whom to tell, signed with which token."""

    document: dict[str, Any]
    steps: list[str]
    callback: str | None
    token: str
    order: str | None


@dataclass(slots=True)
class Messages:
    """Of every account, newest first as Twilio lists them."""

    clock: Clock
    accounts: dict[str, list[Sent]] = field(default_factory=dict)

    def add(self, account: str, form: Mapping[str, str], token: str, order: str | None) -> dict[str, Any]:
        """Take a message."""
        sid = f"SM{secrets.token_hex(16)}"
        now = format_datetime(self.clock())
        uri = f"/{VERSION}/Accounts/{account}/Messages/{sid}"
        document = {
            "sid": sid,
            "account_sid": account,
            "api_version": VERSION,
            "status": "queued",
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "direction": "outbound-api",
            "num_segments": str(segments(form["Body"]).count),
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "error_message": None,
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }
        steps = list(ENDS.get(form["To"], REACHES))
        sent = Sent(document, steps, form.get("StatusCallback"), token, order)
        self.accounts.setdefault(account, []).insert(0, sent)
        return dict(document)

    def fail(self, account: str, form: Mapping[str, str], order: str | None) -> dict[str, Any]:
        """Take a message that fails at once, as its own answer says."""
        self.add(account, form, "", order)
        sent = self.accounts[account][0]
        sent.steps, sent.callback = [], None
        code, said = CODES["failed"]
        sent.document |= {"status": "failed", "error_code": code, "error_message": said}
        return dict(sent.document)

    def find(self, account: str, sid: str) -> dict[str, Any] | None:
        """A message as it now is."""
        listed = self.accounts.get(account, [])
        return next((dict(one.document) for one in listed if one.document["sid"] == sid), None)

    def step(self) -> Iterator[tuple[Sent, dict[str, str]]]:
        """Everything takes its next step; each with the form of the report on it."""
        for sent in [one for listed in self.accounts.values() for one in listed if one.steps]:
            status = sent.steps.pop(0)
            code, said = CODES.get(status, (None, None))
            now = format_datetime(self.clock())
            change = {"status": status, "error_code": code, "error_message": said, "date_updated": now}
            sent.document |= change | {"date_sent": sent.document["date_sent"] or now}
            yield sent, _report(sent.document)

    def page(self, account: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of what matches the filters. Raises ValueError for a filter that cannot be read."""
        size, number = int(query.get("PageSize", PAGE_SIZE)), int(query.get("Page", 0))
        if size not in PAGE_SIZES or number < 0:
            raise ValueError("a page has between 1 and 1000 messages")
        found = [one.document for one in self.accounts.get(account, []) if _matches(one.document, query)]
        start = number * size
        shown = found[start : start + size]
        path = f"/{VERSION}/Accounts/{account}/Messages.json"
        asked = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}

        def uri(page: int, **more: str) -> str:
            return f"{path}?{urlencode(asked | {'PageSize': size, 'Page': page} | more)}"

        more = uri(number + 1, PageToken=f"PA{shown[-1]['sid']}") if start + size < len(found) else None
        return {
            "messages": [dict(one) for one in shown],
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + max(len(shown) - 1, 0),
            "uri": uri(number),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(number - 1) if number else None,
            "next_page_uri": more,
        }


def _report(document: Mapping[str, Any]) -> dict[str, str]:
    form = {
        "AccountSid": document["account_sid"],
        "ApiVersion": VERSION,
        "From": document["from"] or "",
        "MessageSid": document["sid"],
        "MessageStatus": document["status"],
        "SmsSid": document["sid"],
        "SmsStatus": document["status"],
        "To": document["to"],
    }
    return form | ({"ErrorCode": str(document["error_code"])} if document["error_code"] else {})


def _matches(document: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    if query.get("To") not in (None, document["to"]) or query.get("From") not in (None, document["from"]):
        return False
    moments = {name: query[name] for name in ("DateSent", "DateSent<", "DateSent>") if name in query}
    if not moments:
        return True
    known = {name: _moment(text) for name, text in moments.items()}
    if document["date_sent"] is None:
        return False
    sent = datetime.strptime(document["date_sent"], "%a, %d %b %Y %H:%M:%S %z")
    on = known.get("DateSent")
    return (
        (on is None or sent.astimezone(UTC).date() == on.date())
        and sent <= known.get("DateSent<", sent)
        and sent >= known.get("DateSent>", sent)
    )


def _moment(text: str) -> datetime:
    """A day's first moment, or a moment, in UTC where it does not say."""
    found = datetime.fromisoformat(text)
    found = datetime.combine(found, time()) if len(text) == len("2026-03-02") else found
    return found if found.tzinfo else found.replace(tzinfo=UTC)
