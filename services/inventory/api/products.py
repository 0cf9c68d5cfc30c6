"""The sheets of products: read, searched, put, deleted, one by one or (for imports) up to 500 at once."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from services.inventory.api.access import Inventory, Reader, Writer
from services.inventory.api.answers import ProductAnswer, ProductBatchAnswer, Products
from services.inventory.api.bodies import ProductBatch, ProductBody, Sku, written_price
from services.inventory.commands.prices import check_public
from services.inventory.commands.products import Sheet, delete_product, put_products
from services.inventory.queries.stock import find_product, list_products, product_view
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound
from shared.security import find_shop
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/inventory/products", tags=["products"])

SkuInPath = Annotated[Sku, Path(description="with slashes as they are, or as %2F")]
IfMatch = Annotated[str | None, Header(description="the ETag that the product must still have")]


@router.get("", responses={200: {"model": Products}})
async def get_products(
    caller: Reader,
    inventory: Inventory,
    q: Annotated[str | None, Query(max_length=200, description="part of a SKU or a name, whatever the case")] = None,
    deleted: bool = False,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """The products of the shop by SKU."""
    key = after_key(after, 1)
    async with inventory.db.read() as conn:
        items, total = await list_products(conn, caller.shop, limit, key[0] if key else None, text=q, deleted=deleted)
    return page_of(items, limit, total, [items[limit - 1]["sku"]] if len(items) > limit else None)


@router.post("/batch", response_model=ProductBatchAnswer)
async def post_products(request: Request, caller: Writer, inventory: Inventory, body: ProductBatch) -> Response:
    """Make or replace up to 500 products, all or none."""
    skus = [item.sku for item in body.products]
    if len(set(skus)) < len(skus):
        raise Invalid("A SKU stands in the batch more than once.", field="products")

    async def command(tx: Transaction) -> Response:
        currency = await _currency(tx, caller.shop)
        sheets = {
            (caller.shop, item.sku): _sheet(item, currency, f"products.{index}.")
            for index, item in enumerate(body.products)
        }
        put = await put_products(tx, sheets)
        return json_response({"created": sum(is_new for _, is_new in put), "total": len(put)})

    return await once(request, inventory.outbox, caller, command)


@router.get("/{sku:path}", response_model=ProductAnswer)
async def get_product(caller: Reader, inventory: Inventory, sku: SkuInPath) -> Response:
    """One product; a deleted one too, marked so."""
    async with inventory.db.read() as conn:
        row = await find_product(conn, caller.shop, sku)
    if row is None or row.title is None:
        raise NotFound(f"There is no product with the SKU {sku!r}.")
    return product_response(row, 200)


@router.put(
    "/{sku:path}",
    responses={201: {"description": "A new product", "model": ProductAnswer}},
    response_model=ProductAnswer,
)
async def put_product(
    caller: Writer, inventory: Inventory, sku: SkuInPath, body: ProductBody, if_match: IfMatch = None
) -> Response:
    """Make the product (201) or replace its sheet (200). A deleted one comes back with its stock."""
    async with inventory.outbox.transaction() as tx:
        sheet = _sheet(body, await _currency(tx, caller.shop))
        [(row, is_new)] = await put_products(tx, {(caller.shop, sku): sheet}, if_match=edition_of(if_match))
    return product_response(row, 201 if is_new else 200)


@router.delete("/{sku:path}", status_code=204)
async def remove_product(caller: Writer, inventory: Inventory, sku: SkuInPath, if_match: IfMatch = None) -> Response:
    """Take the product out of the offer. Its stock and its ledger stay; orders that name it go on."""
    async with inventory.outbox.transaction() as tx:
        await delete_product(tx, (caller.shop, sku), if_match=edition_of(if_match))
    return Response(status_code=204)


def product_response(row: Any, status: int) -> Response:
    """A product's sheet with its edition as the ETag."""
    return json_response(product_view(row), status, {"ETag": f'"{row.edition}"'})


def _sheet(body: ProductBody, currency: str | None, place: str = "") -> Sheet:
    """The body as a sheet; `place` is where it stands in the request. Raises `Invalid`."""
    priced_in = None if body.price is None else body.currency or currency
    prices = None if body.prices is None else tuple(price.listed for price in body.prices)
    check_public(prices or (), priced_in)
    return Sheet(
        title=body.name,
        price=_own_price(body.price, priced_in, f"{place}price"),
        currency=priced_in,
        tax_rate=body.tax_rate,
        price_includes_tax=body.price_includes_tax,
        backorder=body.backorder,
        backorder_limit=body.backorder_limit,
        safety=body.safety_stock,
        prices=prices,
    )


def _own_price(price: Decimal | None, currency: str | None, field: str) -> Decimal | None:
    if price is None or currency is None:
        return price
    try:
        return written_price(price, currency)
    except ValueError as error:
        raise Invalid(f"The price {error}.", field=field) from None


async def _currency(tx: Transaction, shop: str) -> str | None:
    found = await find_shop(tx.conn, shop)
    return found.currency if found else None


def edition_of(if_match: str | None) -> int | None:
    """The edition named by `If-Match`; None where any will do, 0 (which no product has) for what is no ETag of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    named = if_match.strip().removeprefix("W/").strip('"')
    return int(named) if named.isdecimal() else 0
