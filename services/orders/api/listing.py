"""The list of orders over HTTP: every filter, the sort and the page are in the URL, so a URL is a list.

`ListQuery` is what a URL may say; `queries.search_filters` says what each filter asks, `views` saves such URLs.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.orders import Counts, ListedOrders
from services.orders.api.tools import Orders, Reader, documents_of, moment_in, odd_after, order_id
from services.orders.commands.inputs.fields import Currency, Email, Language, Moment, Plain, Short, Words
from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import UnknownStatus, list_statuses
from services.orders.queries.documents import amount
from services.orders.queries.lists import Key, Sort, count_orders, list_orders
from services.orders.queries.records import OrderRecord
from services.orders.queries.search_filters import Filters
from shared.contracts import Shop
from shared.money import to_minor
from shared.problems import Invalid, NotFound
from shared.security import find_shop
from shared.web import Page, after_key, json_response
from shared.web.paging import Limit, page_of

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

Payment = Literal["unpaid", "pending", "authorised", "paid", "partly_refunded", "refunded", "failed", "other"]
StockFact = Literal["none", "reserved", "partly", "short", "committed", "other"]
Invoice = Literal["none", "issued", "imported", "credited", "other"]
Channel = Literal["web", "manual", "amazon", "ebay", "other"]
SortName = Literal["placed_at", "-placed_at", "total", "-total", "updated", "-updated", "code", "-code"]
MOST = 50
"""Values of one filter."""


def _day(value: Any, read: Callable[[Any], date]) -> date:
    """One complaint under the field's own name, where pydantic has one for each kind of value that it tried."""
    try:
        found = read(value)
    except ValidationError:
        raise ValueError("write a day like 2026-03-01, or a moment with its zone like 2026-03-01T12:00:00Z") from None
    if not 1970 <= found.year < 2200:
        raise ValueError("must lie between 1970 and 2200")
    return found


Day = Annotated[Moment | date, WrapValidator(_day)]
T = TypeVar("T")
Several = Annotated[list[T] | None, Field(min_length=1, max_length=MOST)]
"""A filter that may be given several times; an order needs one of the values."""


class FilterQuery(BaseModel):
    """The filters. Each may be repeated but for amounts, moments and yes-or-no; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[Words | None, Field(description="code, name, e-mail, external id, tracking number or SKU")] = None
    code: Annotated[Several[Short], Field(description="however typed")] = None
    client: Annotated[
        Several[Words], Field(description="beginnings of the words of name, company, e-mail or number")
    ] = None
    email: Annotated[Several[Email], Field(description="exactly")] = None
    customer_id: Annotated[Several[Short], Field(description="the client's record")] = None
    status: Annotated[Several[Short], Field(description="mnemonic")] = None
    type: Several[StatusType] = None
    channel: Several[Channel] = None
    payment: Several[Payment] = None
    stock: Several[StockFact] = None
    invoice: Several[Invoice] = None
    carrier: Several[Short] = None
    tracking: Annotated[Several[Short], Field(description="tracking number")] = None
    external_id: Several[Short] = None
    sku: Several[Short] = None
    tag: Several[Short] = None
    operator: Several[Short] = None
    origin: Several[Short] = None
    payment_method: Several[Short] = None
    shipping_method: Several[Short] = None
    language: Several[Language] = None
    country: Annotated[Several[Short], Field(description="where it goes to")] = None
    currency: Several[Currency] = None
    total_min: Annotated[Plain | None, Field(description="of `currency`, the shop's where none is named")] = None
    total_max: Plain | None = None
    placed_from: Annotated[Day | None, Field(description="a moment, or a day of the shop's zone")] = None
    placed_to: Annotated[Day | None, Field(description="before this moment, or to the end of this day")] = None
    updated_since: Day | None = None
    settled: bool | None = None
    test: bool | None = None
    archived: bool | None = None


class ListQuery(FilterQuery):
    """The filters of the list, its order, its page and its place."""

    sort: SortName = "-placed_at"
    limit: Limit = 50
    after: str | None = None


class OrderPage(Page):
    """A page of orders; `total` is counted up to 1,000; where `total_exact` is false there are more."""

    total_exact: bool


@router.get("", responses={200: {"model": ListedOrders}})
async def read_orders(caller: Reader, tools: Orders, filters: Annotated[ListQuery, Query()]) -> OrderPage:
    """Orders of the shop, the newest first unless `sort` says otherwise (`-` for descending)."""
    async with tools.db.read() as conn:
        return await list_page(conn, caller.shop, filters)


@router.get("/counts", response_model=Counts)
async def read_counts(caller: Reader, tools: Orders, filters: Annotated[FilterQuery, Query()]) -> Response:
    """What the filtered orders come to: how many per status, and their totals per currency."""
    async with tools.db.read() as conn:
        rows = await count_orders(conn, caller.shop, await chosen_filters(conn, caller.shop, filters))
    return json_response(_counts(rows))


async def list_page(conn: AsyncConnection, shop: str, query: ListQuery) -> OrderPage:
    """The page of one shop's orders that a URL asks for."""
    sort = Sort(query.sort.removeprefix("-"), descending=query.sort.startswith("-"))
    after = _key(sort, query.after)
    found = await list_orders(conn, shop, await chosen_filters(conn, shop, query), sort, query.limit, after)
    documents = await documents_of(conn, found.records)
    more = len(found.records) > query.limit
    place = _place(sort, found.records[query.limit - 1]) if more else None
    return OrderPage(**dict(page_of(documents, query.limit, found.total, place)), total_exact=found.exact)


def _place(sort: Sort, record: OrderRecord) -> list[Any]:
    value = sort.value_of(record)
    return [sort.name, value.isoformat() if isinstance(value, datetime) else value, record.id]


def _key(sort: Sort, after: str | None) -> Key | None:
    """Where the page begins; a key belongs to the sort that it was handed out for."""
    found = after_key(after, 3, kinds=(str, int if sort.name == "total" else str, str))
    if found is None:
        return None
    name, value, id_ = found
    if name != sort.name:
        raise odd_after()
    return (moment_in(value) if sort.name in ("placed_at", "updated") else value), order_id(id_)


async def chosen_filters(conn: AsyncConnection, shop: str, query: FilterQuery) -> Filters:
    """The filters as the database is asked: moments for days, minor units for amounts, statuses that there are."""
    filters = query.model_dump(include=set(FilterQuery.model_fields), exclude_none=True)
    if "q" in filters:
        filters["q"] = [filters["q"]] if filters["q"] else []
    await _check_statuses(conn, shop, filters.get("status", ()))
    if filters.keys() & {"total_min", "total_max", "placed_from", "placed_to", "updated_since"}:
        known = await find_shop(conn, shop)
        if known is None:
            raise NotFound("The shop is not known yet.")
        _amounts(filters, known)
        _days(filters, known)
    return filters


async def _check_statuses(conn: AsyncConnection, shop: str, wanted: list[str]) -> None:
    if wanted:
        known = [status.mnemonic for status in await list_statuses(conn, shop)]
        for mnemonic in wanted:
            if mnemonic not in known:
                raise UnknownStatus(f"The shop has no status '{mnemonic}'.", field="status", known=known)


def _amounts(filters: dict[str, Any], shop: Shop) -> None:
    """An amount is one of a currency: orders in others are not compared with it."""
    named = [name for name in ("total_min", "total_max") if name in filters]
    if named:
        currency, *others = filters.setdefault("currency", [shop.currency])
        if others:
            raise Invalid("An amount is one of a single currency.", field="currency")
        for name in named:
            filters[name] = to_minor(filters[name], currency)


def _days(filters: dict[str, Any], shop: Shop) -> None:
    for name in ("placed_from", "placed_to", "updated_since"):
        if name in filters:
            filters[name] = moment_of(filters[name], shop.timezone, end=name == "placed_to")


def moment_of(day: Day, zone: str, *, end: bool = False) -> datetime:
    """When a day of the zone begins, or has come to its `end`; a moment is itself."""
    if isinstance(day, datetime):
        return day
    return datetime.combine(day + timedelta(days=int(end)), time.min, ZoneInfo(zone))


def _counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    statuses: dict[str, dict[str, Any]] = {}
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        of_status = statuses.setdefault(row["status"], {"status": row["status"], "type": row["type"], "orders": 0})
        of_status["orders"] += row["orders"]
        sums = totals.setdefault(row["currency"], dict.fromkeys(("orders", "net", "tax", "gross", "paid"), 0))
        for name in sums:
            sums[name] += row[name]
    written = [
        {"currency": currency, "orders": sums["orders"]}
        | {name: amount(sums[name], currency) for name in ("net", "tax", "gross", "paid")}
        for currency, sums in sorted(totals.items())
    ]
    return {
        "items": list(statuses.values()),
        "next": None,
        "total": sum(row["orders"] for row in rows),
        "totals": written,
    }


def is_repeatable(name: str) -> bool:
    """Whether a filter may be given several times."""
    found = FilterQuery.model_fields.get(name)
    return found is not None and any(get_origin(kind) is list for kind in get_args(found.annotation))
