"""Where the days of a shop begin, for reports over some of them (`takings`, the books)."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The beginning of a day; the first days that there are have none in UTC, and no payment either."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
