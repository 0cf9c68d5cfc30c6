"""What providers reported of an SMS, as it is shown with its delivery."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.queries import Found
from services.notifications.tables import sms_reports


async def find_report(conn: AsyncConnection, delivery: str) -> Found | None:
    """The newest report on a delivery's SMS; a person may have had several sent."""
    c = sms_reports.c
    mine = select(c.reached, c.code, c.at).where(c.delivery == delivery).order_by(c.at.desc(), c.rank.desc()).limit(1)
    return (await conn.execute(mine)).one_or_none()
