"""Saved views: lists of orders under a name, one's own or shared."""

from typing import Any

import httpx

from tests.orders.driver import Driver, Json

VIEWS = "/api/v1/views"


async def save(client: httpx.AsyncClient, **view: Any) -> Json:
    answer = await client.post(VIEWS, json={"name": "To ship", "query": "status=processing&status=ready", **view})
    assert answer.status_code == 201, answer.text
    document: Json = answer.json()
    return document


async def test_a_view_is_a_list_under_a_name(orders: Driver) -> None:
    ready = await orders.place()
    await orders.move(ready["code"], "ready")
    await orders.place()
    view = await save(orders.http)
    assert view["filters"] == [["status", "processing"], ["status", "ready"]]
    page = (await orders.http.get(view["url"])).json()
    assert [item["code"] for item in page["items"]] == [ready["code"]]
    assert (await orders.get("views"))["items"] == [view]
    changed = {"name": "Amazon", "query": "channel=amazon&sort=-total&q=zoé", "shared": True}
    answer = await orders.http.put(f"{VIEWS}/{view['id']}", json=changed)
    assert answer.json().items() >= changed.items()
    assert await orders.get(f"views/{view['id']}") == answer.json()
    assert (await orders.http.delete(f"{VIEWS}/{view['id']}")).status_code == 204
    assert (await orders.http.get(f"{VIEWS}/{view['id']}")).status_code == 404


async def test_a_view_belongs_to_its_key_unless_it_is_shared(orders: Driver) -> None:
    await orders.open_shop("other", "a-secret-of-another-shop")
    made = {"name": "clerk", "scopes": ["orders:read"]}
    clerk = orders.client((await orders.http.post("/api/v1/keys", json=made)).json()["key"])
    private = await save(orders.http)
    shared = await save(orders.http, name="For all", shared=True)
    own = await save(clerk)
    seen = (await clerk.get(VIEWS)).json()["items"]
    assert [(view["name"], view["own"]) for view in seen] == [("For all", False), ("To ship", True)]
    assert (await clerk.get(f"{VIEWS}/{private['id']}")).status_code == 404
    assert (await clerk.delete(f"{VIEWS}/{shared['id']}")).status_code == 403
    assert (await orders.http.get(f"{VIEWS}/{own['id']}")).status_code == 404
    stranger = orders.client("a-secret-of-another-shop")
    assert (await stranger.get(VIEWS)).json()["total"] == 0
    assert (await stranger.get(f"{VIEWS}/{shared['id']}")).status_code == 404


async def test_a_view_that_could_not_be_opened_is_refused(orders: Driver) -> None:
    await save(orders.http)
    again = await orders.http.post(VIEWS, json={"name": "To ship", "query": ""})
    assert (again.status_code, again.json()["type"]) == (409, "urn:comptoir:problem:view-taken")
    for query, field in (("staus=x", "query.staus"), ("type=x", "query.type.0"), ("after=x", "query")):
        answer = await orders.http.post(VIEWS, json={"name": "Odd", "query": query})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field


async def test_a_view_names_statuses_and_amounts_as_the_list_does(orders: Driver) -> None:
    view = await save(orders.http)
    for query, field in (("status=nope", "status"), ("total_min=1&currency=EUR&currency=USD", "currency")):
        listed = await orders.http.get(f"/api/v1/orders?{query}")
        assert (listed.status_code, listed.json()["errors"][0]["field"]) == (422, field)
        changed = {"name": "Odd", "query": query}
        for answer in (
            await orders.http.post(VIEWS, json=changed),
            await orders.http.put(f"{VIEWS}/{view['id']}", json=changed),
        ):
            assert (answer.status_code, answer.json()["type"]) == (422, listed.json()["type"])
            assert answer.json()["errors"][0]["field"] == f"query.{field}"
    assert (await orders.get("views"))["items"] == [view]
    other = await save(orders.http, name="Other")
    taken = await orders.http.put(f"{VIEWS}/{other['id']}", json={"name": "To ship", "query": ""})
    assert taken.status_code == 409
