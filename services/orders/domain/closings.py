"""When a shop is closed: the periods that a site and its mails tell clients of, in their language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

SOON = timedelta(days=30)
"""How long before a period an order's texts begin to tell of it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A period without shipping, both days included; what is said of it, by language."""

    starts: date
    ends: date
    texts: Mapping[str, str]

    def text_in(self, languages: Sequence[str]) -> str:
        """What is said in the first of these languages that has a text, else in any; nothing where there is none."""
        for language in languages:
            for choice in (language, language.partition("-")[0]):
                if text := self.texts.get(choice):
                    return text
        return next(filter(None, self.texts.values()), "")


def present_and_coming(closings: Iterable[Closing], today: date) -> list[Closing]:
    """Those that are not over, the next one first."""
    left = (closing for closing in closings if closing.ends >= today)
    return sorted(left, key=lambda closing: (closing.starts, closing.ends))
