"""A shop's own data: statuses, keys, and the settings that only orders reads."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.checkout import NOTHING_OFFERED, Checkout
from services.orders.domain.transitions import Profile
from services.orders.domain.types import StatusType
from services.orders.queries.checkout import COLUMNS, checkout_of
from services.orders.tables import api_keys, checkouts, shop_settings, statuses
from shared.database import among
from shared.problems import Invalid, NotFound

TEXT_FIELDS = ("name", "comment", "subject", "mail", "sms")


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A seller's status. `texts` has `TEXT_FIELDS` per language; `invoice` is None where the policy decides."""

    id: str
    shop: str
    mnemonic: str
    type: StatusType
    default_of_type: bool
    texts: dict[str, dict[str, str]]
    colour: str
    indicator: str
    publish: bool
    mail: bool
    mail_admins: bool
    sms: bool
    invoice: bool | None
    ask_stock: bool
    position: int
    active: bool

    def texts_in(self, language: str) -> dict[str, str]:
        """The texts in an order's language, else in its base language, in English, or in any there is."""
        for choice in (language, language.partition("-")[0], "en"):
            if choice in self.texts:
                return self.texts[choice]
        return next(iter(self.texts.values()), {"name": self.mnemonic})


@dataclass(frozen=True, slots=True)
class ShopRules:
    """How a shop's orders move, and what they may choose among."""

    profile: Profile
    payment_term_hours: int | None
    on_payment: dict[str, str]
    on_invoice_imported: str | None = None
    tracking_required: bool = False
    publish_histories: bool = False
    link_secret: str = ""
    checkout: Checkout = NOTHING_OFFERED


class UnknownStatus(Invalid):
    """The shop has no active status of that name."""

    slug = "unknown-status"
    title = "There is no such status"


_RULES = [shop_settings.c[name] for name in ShopRules.__slots__ if name in shop_settings.c]
_shop_rules: Select[Any] = (
    select(*_RULES, *COLUMNS)
    .outerjoin_from(shop_settings, checkouts, checkouts.c.shop == shop_settings.c.shop)
    .where(shop_settings.c.shop == bindparam("shop"))
)
_status_and_rules: Select[Any] = (
    select(statuses, *_RULES, *COLUMNS)
    .join(shop_settings, shop_settings.c.shop == statuses.c.shop)
    .outerjoin(checkouts, checkouts.c.shop == statuses.c.shop)
    .where(statuses.c.shop == bindparam("shop"), statuses.c.mnemonic == bindparam("mnemonic"), statuses.c.active)
)


async def status_and_rules(conn: AsyncConnection, shop: str, mnemonic: str) -> tuple[StatusRecord, ShopRules]:
    """The status that a command names, and the shop's rules. Raises `UnknownStatus`."""
    row = (await conn.execute(_status_and_rules, {"shop": shop, "mnemonic": mnemonic})).one_or_none()
    if row is None:
        known = [status.mnemonic for status in await list_statuses(conn, shop) if status.active]
        raise UnknownStatus(f"The shop has no status '{mnemonic}'.", field="status", known=known)
    return _status(row), _rules(row)


async def list_statuses(conn: AsyncConnection, shop: str) -> list[StatusRecord]:
    """All statuses of a shop, in the seller's order."""
    statement = select(statuses).where(statuses.c.shop == shop).order_by(statuses.c.position, statuses.c.mnemonic)
    return [_status(row) for row in await conn.execute(statement)]


async def find_status(conn: AsyncConnection, shop: str, mnemonic: str) -> StatusRecord:
    """A status by its mnemonic, active or not. Raises `NotFound`."""
    for status in await list_statuses(conn, shop):
        if status.mnemonic == mnemonic:
            return status
    raise NotFound(f"The shop has no status '{mnemonic}'.")


async def list_keys(conn: AsyncConnection, shop: str) -> list[dict[str, Any]]:
    """All keys that were ever made, newest first, without their hashes."""
    columns = [column for column in api_keys.c if column.name not in ("sha256", "shop")]
    statement = select(*columns).where(api_keys.c.shop == shop).order_by(api_keys.c.id.desc())
    return [row._asdict() for row in await conn.execute(statement)]


async def shop_rules(conn: AsyncConnection, shop: str) -> ShopRules:
    """The shop's rules; the open profile without terms where the shop is not known."""
    row = (await conn.execute(_shop_rules, {"shop": shop})).one_or_none()
    if row is None:
        return ShopRules(Profile.OPEN, None, {})
    return _rules(row)


async def publishing_shops(conn: AsyncConnection, shops: Collection[str]) -> set[str]:
    """Those of these shops that publish histories."""
    if not shops:
        return set()
    statement = select(shop_settings.c.shop).where(
        among(shop_settings.c.shop, shops), shop_settings.c.publish_histories
    )
    return set((await conn.execute(statement)).scalars())


def default_of(known: list[StatusRecord], type_: StatusType) -> StatusRecord:
    """The status that stands for a type where nobody chose one; every shop has one per type."""
    return next(status for status in known if status.type is type_ and status.default_of_type)


def _rules(row: Any) -> ShopRules:
    values = {column.name: getattr(row, column.name) for column in _RULES}
    return ShopRules(**values | {"profile": Profile(row.profile), "checkout": checkout_of(row)})


def _status(row: Any) -> StatusRecord:
    return StatusRecord(
        **{name: getattr(row, name) for name in StatusRecord.__slots__ if name != "type"}, type=StatusType(row.type)
    )
