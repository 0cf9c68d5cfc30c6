"""The part of the walk of `test_other_shops` that is about clients: their records, space, groups and prices; and files.

The shop's client space stays closed, so that whoever asks for a way into it learns of nobody.
"""

from typing import Any

from tests.orders.driver import Driver, Json
from tests.other_shops import SECRET, Case

CUSTOMER: Json = {"email": "zoe@example.com", "name": SECRET}
GROUP: Json = {"name": "resellers", "texts": {"fr": {"name": SECRET}}}
NEWS: Json = {"texts": {"fr": {"title": SECRET}}}
OWN_GROUP: Json = {"name": "resellers"}
OWN_NEWS: Json = {"texts": {"fr": {"title": "Mine"}}}
SETTINGS: Json = {"tagging": True, "tag_rules": [{"sku": "WINE", "tags": [SECRET]}]}
OWN_FILE = (
    b'--x\r\nContent-Disposition: form-data; name="format"\r\n\r\ncomptoir\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="mine.csv"\r\n\r\norder,sku\r\n\r\n--x--\r\n'
)


async def fill_clients(orders: Driver) -> dict[str, Any]:
    """A client, a group, news, settings and an import, all marked; their ids."""

    async def post(path: str, **sent: Any) -> str:
        answer = await orders.http.post(f"/api/v1/{path}", **sent)
        assert answer.is_success, answer.text
        return str(answer.json().get("id", ""))

    assert (await orders.http.put("/api/v1/shop/customers", json=SETTINGS)).status_code == 200
    await post("customer-groups", json=GROUP)
    file = {"file": (f"{SECRET}.csv", b"order,sku\r\n")}
    return {
        "customer": await post("customers", json=CUSTOMER | {"tags": [SECRET]}),
        "news": await post("news", json=NEWS),
        "import": await post("orders/imports", files=file, data={"format": "comptoir"}),
    }


def cases_of_clients(ids: dict[str, Any]) -> dict[str, Case]:
    """Every route about them, with this shop's identifiers."""
    return {
        **_about_records({"id_": ids["customer"]}),
        **_about_the_space({"id_": ids["news"]}),
        **_about_groups({"name": "resellers"}),
        **_about_files({"id": ids["import"]}),
    }


def _about_records(one: Json) -> dict[str, Case]:
    base = "/api/v1/customers/{id_}"
    return {
        "GET /api/v1/customers": Case(200, shows=True),
        "POST /api/v1/customers": Case(201, json={"email": "zoe@example.com", "name": "Mine"}),
        f"GET {base}": Case(404, one, shows=True),
        f"PATCH {base}": Case(404, one, json={"name": "Mine"}),
        f"GET {base}/orders": Case(404, one),
        f"GET {base}/export": Case(404, one, shows=True),
        f"POST {base}/erasure": Case(404, one),
        f"DELETE {base}/sessions": Case(404, one),
        "GET /api/v1/shop/customers": Case(200, shows=True),
        "PUT /api/v1/shop/customers": Case(200, json={}),
        "GET /api/v1/prices": Case(200, query={"sku": "WINE", "customer": one["id_"]}),
    }


def _about_the_space(news: Json) -> dict[str, Case]:
    """A key, of whatever shop, opens no client's space."""
    wish = {"sku": "WINE"}
    return {
        "GET /api/v1/news": Case(200, shows=True),
        "POST /api/v1/news": Case(201, json=OWN_NEWS),
        "GET /api/v1/news/{id_}": Case(404, news, shows=True),
        "PUT /api/v1/news/{id_}": Case(404, news, json=OWN_NEWS),
        "DELETE /api/v1/news/{id_}": Case(404, news),
        "POST /api/v1/account/links": Case(404, json={"email": "zoe@example.com", "shop": "cave"}),
        "GET /a/{token}": Case(404, {"token": "guessed"}),
        "POST /a/{token}": Case(404, {"token": "guessed"}),
        "DELETE /api/v1/account/session": Case(401),
        "GET /api/v1/account": Case(401),
        "PATCH /api/v1/account": Case(401, json={}),
        "GET /api/v1/account/orders": Case(401),
        "GET /api/v1/account/news": Case(401),
        "GET /api/v1/account/wishes": Case(401),
        "PUT /api/v1/account/wishes/{sku}": Case(401, wish),
        "DELETE /api/v1/account/wishes/{sku}": Case(401, wish),
    }


def _about_groups(group: Json) -> dict[str, Case]:
    return {
        "GET /api/v1/customer-groups": Case(200, shows=True),
        "GET /api/v1/customer-groups/{name}": Case(404, group, shows=True),
        "PUT /api/v1/customer-groups/{name}": Case(404, group, json=OWN_GROUP),
        "DELETE /api/v1/customer-groups/{name}": Case(404, group),
        "POST /api/v1/customer-groups": Case(201, json=OWN_GROUP),
    }


def _about_files(one: Json) -> dict[str, Case]:
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    return {
        "GET /api/v1/orders/export": Case(200, shows=True),
        "GET /api/v1/orders/imports": Case(200, shows=True),
        "POST /api/v1/orders/imports": Case(202, content=OWN_FILE, headers=form),
        "GET /api/v1/orders/imports/{id}": Case(404, one, shows=True),
        "GET /api/v1/orders/imports/{id}/rejects": Case(404, one),
        "POST /api/v1/orders/imports/{id}/cancel": Case(404, one),
    }
