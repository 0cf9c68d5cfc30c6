"""The list of orders: filters, search, pages."""

from tests.orders.driver import Driver, line


async def codes(orders: Driver, **filters: object) -> list[str]:
    page = await orders.get("orders", **filters)
    assert page["total"] == len(page["items"])
    return [item["code"] for item in page["items"]]


async def test_filters_and_search(orders: Driver) -> None:
    first = await orders.place(
        line("WINE_RED"),
        channel="amazon",
        external_id="902-77",
        customer={"email": "Zoe@Example.com", "name": "Zoé Martin"},
    )
    orders.clock.advance(minutes=1)
    second = await orders.place(line("BOX"), customer={"email": "ali@example.com", "name": "Ali"})
    await orders.move(second["code"], "shipped", shipment={"tracking_number": "TRACK-9"})
    await orders.settle(first)
    one, two = first["code"], second["code"]
    assert await codes(orders) == [two, one]
    assert await codes(orders, settled="true") == [one]
    assert await codes(orders, settled="false") == [two]
    assert await codes(orders, status="shipped") == [two]
    assert await codes(orders, channel="amazon", external_id="902-77") == [one]
    assert await codes(orders, code=one.lower().replace("-", "")) == [one]
    assert await codes(orders, stock="reserved") == [one]
    for words in (one, one[:6], "zoe@exa", "martin", "902-77", "WINE_RED"):
        assert await codes(orders, q=words) == [one], words
    assert await codes(orders, q="TRACK-9") == [two]
    for nothing in ("%", "_", "nobody", "WINE%"):
        assert await codes(orders, q=nothing) == [], nothing


async def test_pages_do_not_move(orders: Driver) -> None:
    made = []
    for _ in range(5):
        made.append((await orders.place())["code"])
        orders.clock.advance(seconds=1)
    newest_first = made[::-1]
    page = await orders.get("orders", limit=2)
    assert [item["code"] for item in page["items"]] == newest_first[:2]
    assert page["total"] == 5
    await orders.place()
    seen = [item["code"] for item in page["items"]]
    while page["next"]:
        page = await orders.get("orders", limit=2, after=page["next"])
        seen += [item["code"] for item in page["items"]]
    assert seen == newest_first


async def test_odd_pages_are_refused(orders: Driver) -> None:
    for parameters in (
        {"limit": 0},
        {"limit": 201},
        {"after": "nonsense"},
        {"after": "WyJ4IiwieSJd"},
        {"settled": "maybe"},
    ):
        answer = await orders.http.get("/api/v1/orders", params=parameters)
        assert answer.status_code == 422, parameters


async def test_list_shows_what_one_order_shows(orders: Driver) -> None:
    made = await orders.place()
    await orders.hear(orders.reservation(made))
    (item,) = (await orders.get("orders"))["items"]
    assert item == await orders.read(made["code"])
