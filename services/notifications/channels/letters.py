"""A mail made of an obligation's payload: headers, a text part and an HTML part that say the same.

The skeleton is ours (MJML under Jinja2, rendered to HTML by mjml-python), the subject and the words are the seller's
(Liquid, see `texts`). The Message-ID is the obligation's id, so a mail that goes twice is one mail to its reader.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from functools import partial
from zoneinfo import ZoneInfo

from babel.dates import format_time
from babel.numbers import format_currency
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from mjml import mjml2html

from services.notifications.channels.enclosures import Enclosure, enclose
from services.notifications.channels.fitting import fitted, linked
from services.notifications.channels.texts import date_of, day_of, locale_of, money, render
from services.notifications.channels.words import (
    alert_words,
    document_words,
    invitation_words,
    payment_words,
    title_of,
    words_of,
)
from services.notifications.domain.payloads import (
    Alert,
    Closed,
    Covering,
    Invitation,
    Letter,
    PaymentRequest,
    Words,
)
from services.notifications.domain.results import Attachment
from shared.money import from_minor

LISTED = 50
"""Lines of the order shown; the rest is counted, so that no reader's mailbox clips the mail."""

_LATER = frozenset({"more", "parcel", "closing", "attached", "missing"})
"""Words that are filled where what they speak of is at hand."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]]+@[^\s@<>,;:\"\\()\[\]]+")

_skeletons = Environment(
    loader=PackageLoader("services.notifications.channels"),
    autoescape=select_autoescape(enabled_extensions=("mjml.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_skeletons.filters["linked"] = linked


class BadLetter(ValueError):
    """A mail that must not leave as it is: a header with a line break, an address that is none."""


def compose(
    letter: Letter,
    delivery: str,
    order: str,
    now: datetime,
    enclosures: Sequence[Enclosure] = (),
    missing: Sequence[Attachment] = (),
) -> bytes:
    """The mail of a delivery, with its documents; those that are `missing` are named in the text.

    Raises `BadLetter`, or `BadText` for the seller's own text.
    """
    language, fixed = words_of(letter.words.language)
    message = _mail(delivery, letter.sender, letter.words.shop, now)
    _address_to(message, letter.name, letter.to, _subject(letter, fixed), language, order)
    named = {"attached": _titles(enclosures, language), "missing": _titles(missing, language)}
    said = {key: fixed[key].format(titles=titles) if titles else None for key, titles in named.items()}
    context, html = fitted(_context(letter, language, fixed) | said, partial(_html, "status"))
    _attach(message, "status", context, html)
    return enclose(message, enclosures, language).as_bytes()


def compose_covering(covering: Covering, delivery: str, now: datetime, enclosures: Sequence[Enclosure]) -> bytes:
    """The mail of one document. Raises `BadLetter`."""
    language, fixed = document_words(covering.language)
    names = {"shop": covering.shop, "client": covering.client, "code": covering.code, "number": covering.number}
    names["title"] = title_of(covering.kind, language)
    said = {key: value.format_map(names) for key, value in fixed.items()}
    message = _mail(delivery, covering.sender, covering.shop, now)
    _address_to(message, covering.client, covering.readers, said["subject"], language, covering.code)
    greeting, text = (said["greeting"], said["text"]) if covering.client else (None, said["administrator"])
    context: dict[str, object] = {"language": language, "say": said, "shop": covering.shop}
    _attach(message, "document", context | {"greeting": greeting, "text": text})
    return enclose(message, enclosures, language).as_bytes()


def compose_invitation(invitation: Invitation, delivery: str, now: datetime) -> bytes:
    """The mail with a client's way into the client space. Raises `BadLetter`."""
    language, fixed = invitation_words(invitation.language)
    until = invitation.expires_at.astimezone(ZoneInfo(invitation.timezone))
    names = {
        "shop": invitation.shop,
        "client": invitation.name,
        "time": str(format_time(until, "short", locale=locale_of(language))),
    }
    said = {key: value.format_map(names) for key, value in fixed.items()}
    message = _mail(delivery, invitation.sender, invitation.shop, now)
    _address_to(message, invitation.name, (invitation.to,), said["subject"], language)
    context = {"language": language, "say": said, "shop": invitation.shop, "link": invitation.link}
    _attach(message, "sign_in", context | {"greeting": said["greeting"] if invitation.name else None})
    return message.as_bytes()


def compose_payment_request(request: PaymentRequest, delivery: str, now: datetime) -> bytes:
    """The mail with the link to a payment page. Raises `BadLetter`."""
    language, fixed = payment_words(request.language)
    locale = locale_of(language)
    amount = format_currency(from_minor(request.amount, request.currency), request.currency, locale=locale)
    names = {"shop": request.shop, "client": request.client, "code": request.code, "amount": str(amount)}
    said = {key: value.format_map(names) for key, value in fixed.items()}
    message = _mail(delivery, request.sender, request.shop, now)
    _address_to(message, request.client, (request.address,), said["subject"], language, request.code)
    context = {"language": language, "say": said, "shop": request.shop, "link": request.url}
    _attach(message, "payment_link", context | {"greeting": said["greeting"] if request.client else None})
    return message.as_bytes()


def compose_alert(alert: Alert, delivery: str, now: datetime) -> bytes:
    """The mail that tells administrators of the installation. Raises `BadLetter`."""
    language, fixed = alert_words(alert.language, alert.about)
    said = {key: value.format_map({"shop": alert.shop, **alert.values}) for key, value in fixed.items()}
    message = _mail(delivery, alert.sender, alert.shop, now)
    _address_to(message, "", alert.to, said["subject"], language)
    _attach(message, "alert", {"language": language, "say": said, "shop": alert.shop})
    return message.as_bytes()


def _mail(delivery: str, address: str, shop: str, now: datetime) -> MIMEMultipart:
    """An empty mail with the headers that every mail of ours has.

    The older classes of `email`: the newer ones cost ten times the time. The boundary is the delivery's, so that the
    same mail is always the same bytes.
    """
    message = MIMEMultipart("alternative", boundary=f"=_{delivery}")
    sender = _address(address)
    message["Message-ID"] = f"<{delivery}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(now)
    message["From"] = formataddr((_one_line(shop), sender))
    message["Auto-Submitted"] = "auto-generated"
    return message


def _address_to(
    message: MIMEMultipart, name: str, readers: Iterable[str], subject: str, language: str, order: str | None = None
) -> None:
    """Whom it is for and what about; `order` is the code of the order that a relay's log may name."""
    message["To"] = ", ".join(formataddr((_one_line(name), _address(reader))) for reader in readers)
    message["Subject"] = Header(_one_line(subject), header_name="Subject").encode()
    message["Content-Language"] = language
    if order is not None:
        message["X-Comptoir-Order"] = _one_line(order)


def _attach(message: MIMEMultipart, skeleton: str, context: dict[str, object], html: str | None = None) -> None:
    """The text and the HTML part, which say the same."""
    message.attach(MIMEText(_skeletons.get_template(f"{skeleton}.txt.j2").render(context), "plain", "utf-8"))
    message.attach(MIMEText(html or _html(skeleton, context), "html", "utf-8"))


def _html(skeleton: str, context: dict[str, object]) -> str:
    return str(mjml2html(_skeletons.get_template(f"{skeleton}.mjml.j2").render(context)))


def _titles(documents: Sequence[Enclosure | Attachment], language: str) -> str:
    return ", ".join(f"{title_of(one.kind, language)} {one.number}" for one in documents)


def _subject(letter: Letter, fixed: dict[str, str]) -> str:
    if letter.subject:
        said = render(letter.subject, letter.words)
    else:
        said = fixed["subject" if letter.role == "client" else "administrator_subject"].format_map(_names(letter.words))
    return f"{fixed['test_subject']} {said}" if letter.test else said


def _context(letter: Letter, language: str, fixed: dict[str, str]) -> dict[str, object]:
    """What the skeleton shows: the seller's text as it is, and around it what that text does not say itself."""
    words = letter.words
    names = _names(words)
    client = letter.role == "client"
    said = {key: value.format_map(names) for key, value in fixed.items() if key not in _LATER}
    said["footer"] = said["footer" if client else "administrator_footer"]
    body = render(letter.body, words)
    items = () if "lines" in letter.body else words.items
    parcels = () if "parcel" in letter.body else words.parcels
    closings = words.closings if client and "closings" not in letter.body else ()
    links = [words.history_url, *(parcel.url for parcel in words.parcels)]
    return {
        "language": language,
        "say": said,
        "test": said["test"] if letter.test else None,
        "greeting": said["greeting"] if client and not body else None,
        "paragraphs": _paragraphs(body) if body else [[said["status" if client else "administrator"]]],
        "message": _paragraphs(letter.message),
        "links": [link for link in links if link],
        "follow": words.history_url if client and "history_url" not in letter.body else None,
        "contact": letter.contact,
        "items": [(item.name, item.quantity, money(item.total, words)) for item in items[:LISTED]],
        "count": len(items),
        "more": fixed["more"],
        "totals": [(said[key], money(getattr(words, key), words)) for key in ("net", "tax", "gross")],
        "parcels": [
            (
                fixed["parcel"].format(number=parcel.number, carrier=parcel.carrier, tracking=parcel.tracking_number),
                parcel.url,
            )
            for parcel in parcels
        ],
        "shipping": words.shipping.lines if words.shipping else (),
        "closings": [_closing(closed, words, fixed) for closed in closings],
        "shop": words.shop,
    }


def _closing(closed: Closed, words: Words, fixed: dict[str, str]) -> str:
    period = fixed["closing"].format(starts=day_of(closed.starts, words), ends=day_of(closed.ends, words))
    return f"{period}{fixed['colon']}{closed.text}" if closed.text else period


def _names(words: Words) -> dict[str, str]:
    return {
        "shop": words.shop,
        "code": words.code,
        "client": words.client,
        "status": words.status,
        "date": date_of(words),
    }


def _paragraphs(text: str) -> list[list[str]]:
    """Blank lines part paragraphs; each is a list of lines."""
    return [block.splitlines() for block in re.split(r"\n\s*\n", text.strip()) if block]


def _address(address: str) -> str:
    """An address as headers and relays take it: its domain in ASCII."""
    if not ADDRESS.fullmatch(_one_line(address)):
        raise BadLetter("this is not a mail address")
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise BadLetter("the part before the @ has letters that mail relays do not take")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise BadLetter("this is not a mail address") from error


def _one_line(value: str) -> str:
    """What may stand in a header: no line break that would begin another."""
    if CONTROL.search(value):
        raise BadLetter("a line break or control character stands in a name, an address or the subject")
    return value


def envelope(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses as the relay is told them."""
    return tuple(map(_address, addresses))
