"""Clients as the tests make, change and list them."""

from typing import Any

import httpx

from tests.orders.driver import Driver, Json

HOME = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}
DEPOT = HOME | {"name": "Dépôt", "street": "8 quai des Chartrons", "postal_code": "33300"}


async def add(orders: Driver, email: str = "zoe@example.org", name: str = "Zoé Martin", **more: Any) -> Json:
    """A client made by the seller."""
    answer = await orders.http.post("/api/v1/customers", json={"email": email, "name": name, **more})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    assert answer.headers["location"] == f"/api/v1/customers/{made['id']}"
    return made


async def patch(orders: Driver, id_: str, body: Json, **headers: str) -> httpx.Response:
    return await orders.http.patch(f"/api/v1/customers/{id_}", json=body, headers=headers)


def client(email: str = "zoe@example.org", name: str = "Zoé Martin", **more: Any) -> Json:
    """The client of an order."""
    return {"email": email, "name": name, **more}


async def listed(orders: Driver, **query: Any) -> list[str]:
    return [found["email"] for found in (await orders.get("customers", **query))["items"]]


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"].rpartition(":")[2])
