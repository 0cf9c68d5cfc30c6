"""Lines are added, raised, lowered and removed; stock follows, and the total is the sum of what is there."""

from tests.flow.suite import Suite


async def test_stock_follows_the_lines(suite: Suite) -> None:
    first, second = await suite.product(stock=5), await suite.product(stock=5)
    order = await suite.placed((first, 2))
    code, line = order["code"], order["lines"][0]
    await suite.settled(code)

    kept = {
        "id": line["id"],
        "sku": first,
        "name": line["name"],
        "quantity": 4,
        "unit_price": "12.00",
        "tax_rate": "20",
    }
    added = {"sku": second, "name": "Ajout", "quantity": 1, "unit_price": "7.50", "tax_rate": "5.5"}
    response = await suite.client.put(f"/api/v1/orders/{code}/lines", json={"lines": [kept, added]})
    assert response.status_code == 200, response.text
    assert response.json()["totals"]["gross"] == "55.50"
    await suite.settled(code)
    assert (await suite.stock(first))["available"] == 1
    assert (await suite.stock(second))["available"] == 4

    new = next(line["id"] for line in response.json()["lines"] if line["sku"] == second)
    only = {"id": new, "sku": second, "name": "Ajout", "quantity": 1, "unit_price": "7.50", "tax_rate": "5.5"}
    response = await suite.client.put(f"/api/v1/orders/{code}/lines", json={"lines": [only]})
    assert response.status_code == 200, response.text
    await suite.settled(code)
    assert (await suite.stock(first))["available"] == 5
    assert [entry["sku"] for entry in (await suite.order(code))["lines"]] == [second]


async def test_stale_if_match_loses_nothing(suite: Suite) -> None:
    sku = await suite.product(stock=5)
    order = await suite.placed((sku, 1))
    code, stale = order["code"], order["version"]
    await suite.move(code, "processing")
    line = order["lines"][0]
    lines = [{**{name: line[name] for name in ("id", "sku", "name", "unit_price", "tax_rate")}, "quantity": 3}]
    path, headers = f"/api/v1/orders/{code}/lines", {"If-Match": f'"{stale}"'}
    response = await suite.client.put(path, json={"lines": lines}, headers=headers)
    assert response.status_code == 409
    assert response.json()["current"]["version"] == stale + 1
    assert (await suite.order(code))["lines"][0]["quantity"] == 1
