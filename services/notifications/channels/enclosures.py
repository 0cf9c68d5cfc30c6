"""Documents in a mail: what they are called there, and the parts they are.

Neighbours: `documents`, which fetches them; `letters`, which makes the mail around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

from services.notifications.channels.words import title_of
from services.notifications.domain.results import Attachment

_OF_THE_PART = frozenset({"content-type", "mime-version"})


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A document that goes along: its bytes, and the number and kind that its name is made of."""

    kind: str
    number: str
    content: bytes

    @classmethod
    def of(cls, document: Attachment, content: bytes) -> "Enclosure":
        return cls(document.kind, document.number, content)

    def name(self, language: str) -> str:
        """`facture-FA2026-00001.pdf`: letters that every mail reader and file system takes."""
        words = f"{title_of(self.kind, language)} {self.number}".lower().split()
        return (
            "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in "-".join(words))
            + ".pdf"
        )


def enclose(message: MIMEMultipart, enclosures: Sequence[Enclosure], language: str) -> MIMEMultipart:
    """The mail with these documents in it; the mail as it is where there are none."""
    if not enclosures:
        return message
    outer = MIMEMultipart("mixed", boundary=f"{message.get_boundary('=_')}_mixed")
    for name, value in message.items():
        if name.lower() not in _OF_THE_PART:
            outer[name] = value
            del message[name]
    outer.attach(message)
    for one in enclosures:
        part = MIMEApplication(one.content, "pdf")
        part.add_header("Content-Disposition", "attachment", filename=one.name(language))
        outer.attach(part)
    return outer
