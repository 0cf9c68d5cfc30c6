"""Choose how the numbers of a series are written: from a year on that has not begun, or for a series that is new."""

from typing import ClassVar

from sqlalchemy import select

from services.billing.commands.numbering import Seller, sellers_of
from services.billing.domain import WrongFormat, checked_format
from services.billing.tables import series, series_formats
from shared.contracts import Shop
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Invalid, Problem


class SeriesBegun(Problem):
    """Numbers of one series and year are all written alike."""

    slug: ClassVar[str] = "series-begun"
    title: ClassVar[str] = "The series has begun"


async def set_format(tx: Transaction, shop: Shop, name: str, text: str, from_year: int | None) -> int:
    """Write the numbers of a series so from `from_year` on, else from the first year that it can; which year that is.

    Raises `Invalid` for what is no format of this series, `SeriesBegun` for a year that has numbers already.
    """
    try:
        checked_format(text, name)
    except WrongFormat as error:
        raise Invalid(f"{error}.", field="format") from error
    seller = (await sellers_of(tx, [shop]))[shop.shop]
    own = select(series.c.year).where(series.c.seller == seller.id, series.c.series == name)
    begun = (await tx.execute(own.order_by(series.c.year.desc()).limit(1))).scalar_one_or_none()
    year = _year(seller, begun, name, from_year)
    row = {"seller": seller.id, "series": name, "from_year": year, "format": text}
    keys = ["seller", "series", "from_year"]
    await tx.execute(upsert(tx.conn, series_formats, keys=keys, update=("format",)), [row])
    return year


def _year(seller: Seller, begun: int | None, name: str, wanted: int | None) -> int:
    first = seller.opens_on.year if begun is None else max(begun + 1, seller.opens_on.year)
    if wanted is None:
        return first
    if wanted < first:
        raise SeriesBegun(
            f"The numbers of {name} stay as they are until {first - 1}: change them from {first} on.", from_year=first
        )
    return wanted
