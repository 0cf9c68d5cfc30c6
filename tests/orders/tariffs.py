"""The prices of a shop as the tests set them: groups of clients, products as inventory tells of them, orders that leave
prices to the catalogue."""

from decimal import Decimal
from typing import Any

from shared.contracts import ListPrice, Product
from tests.orders.driver import Driver, Json, order


async def make_group(orders: Driver, name: str, **more: Any) -> Json:
    answer = await orders.http.post("/api/v1/customer-groups", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def put_into(orders: Driver, group: str | None, email: str = "camille@example.com") -> None:
    """Put a known customer into a group."""
    [found] = (await orders.get("customers", email=email, account=False))["items"]
    changed = await orders.http.patch(f"/api/v1/customers/{found['id']}", json={"group": group})
    assert changed.status_code == 200, changed.text


def listed(price_list: str, price: str, currency: str = "EUR", *, includes_tax: bool = True) -> ListPrice:
    return ListPrice(price_list=price_list, currency=currency, price=Decimal(price), includes_tax=includes_tax)


async def sell(orders: Driver, sku: str, price: str | None, *prices: ListPrice, version: int = 1, **more: Any) -> None:
    """Have inventory say what a product costs."""
    sheet: dict[str, Any] = {"tax_rate": Decimal(20), "currency": "EUR", **more}
    amount = None if price is None else Decimal(price)
    product = Product(
        shop="cave", version=version, sku=sku, title=sku.title(), price=amount, prices=prices, available=9,
        sold_out=False, **sheet,
    )  # fmt: skip
    await orders.hear(product)


def unpriced(sku: str = "WINE", quantity: int = 1, **more: Any) -> Json:
    """A line that leaves its price to the catalogue."""
    return {"sku": sku, "name": sku.title(), "quantity": quantity, "tax_rate": "20", **more}


def bought(*lines: Json, **more: Any) -> Json:
    """An order that does not say whether its prices include tax."""
    body = order(*lines, **more)
    if "prices_include_tax" not in more:
        del body["prices_include_tax"]
    return body


async def buy(orders: Driver, *lines: Json, **more: Any) -> Json:
    """Preview and place an order, which must come to the same; its document."""
    body = bought(*lines, **more)
    seen = await orders.http.post("/api/v1/orders/preview", json=body)
    made = await orders.http.post("/api/v1/orders", json=body)
    assert (seen.status_code, made.status_code) == (200, 201), made.text
    document: Json = made.json()
    assert {**document, **seen.json()} == document
    return document


def taken(document: Json) -> list[tuple[str, str | None]]:
    return [(line["unit_price"], line["price_list"]) for line in document["lines"]]


async def prices(orders: Driver, *skus: str, **more: Any) -> Json:
    """What a client is shown: price and list by SKU."""
    found = await orders.get("prices", sku=list(skus), **more)
    assert [item["sku"] for item in found["items"]] == list(skus)
    return {item["sku"]: (item["price"], item["price_list"] or item["reason"]) for item in found["items"]}


GRID = (listed("historic", "11.00"), listed("reseller", "7.50", includes_tax=False), listed("public", "2000", "JPY"))


async def open_groups(orders: Driver) -> None:
    """Groups with their lists, and clients: `old@` historic, `trade@` reseller, anybody else in none."""
    await make_group(orders, "historic", price_list="historic")
    await make_group(orders, "reseller", price_list="reseller", prices_shown="net")
    for name, group in (("old", "historic"), ("trade", "reseller")):
        email = f"{name}@example.com"
        await orders.place(customer={"email": email, "name": name})
        await put_into(orders, group, email)


def client(name: str) -> Json:
    return {"customer": {"email": f"{name}@Example.com", "name": name}}
