"""A person's data: all of them handed out as one document, and erased but for what the law wants kept."""

import json
from typing import Any

import httpx

from services.orders.tables import import_rejects, imports
from services.orders.tables.imports import COUNTS
from shared.contracts import SignIn
from tests.orders.driver import Driver, Json, line, order, shop_input
from tests.orders.space import Space

EMAIL = "zoe.martin@example.org"
SECRETS = ("Zoé", "Martin", EMAIL, "0612345678", "rue des Vignes", "33000", "6A7777", "allergic", "Merci Z", "FR123")
HOME = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}
CLIENT = {"email": EMAIL, "name": "Zoé Martin", "phone": "0612345678", "company": "Martin SARL", "vat_number": "FR123"}


async def buy(orders: Driver, **more: Any) -> Json:
    return await orders.place(
        line(), customer={**CLIENT, "account": True}, billing_address=HOME, shipping_address=HOME, **more
    )


async def finish(orders: Driver, made: Json) -> Json:
    """Ship, settle."""
    shipment = {"carrier": "Colissimo", "tracking_number": "6A7777"}
    await orders.move(made["code"], "shipped", shipment=shipment, comment="Merci Zoé")
    await orders.http.post(f"/api/v1/orders/{made['code']}/notes", json={"text": "She is allergic to cork."})
    return await orders.settle(await orders.read(made["code"]), "committed")


async def erase(orders: Driver, id_: str) -> httpx.Response:
    return await orders.http.post(f"/api/v1/customers/{id_}/erasure")


async def test_export_holds_everything_that_is_held(orders: Driver) -> None:
    space = Space(orders)
    await space.open()
    made = await buy(orders)
    await finish(orders, made)
    assert (await space.ask(EMAIL)).status_code == 202
    await space.work()
    answer = await orders.http.get(f"/api/v1/customers/{made['customer_id']}/export")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-disposition"].startswith("attachment")
    for secret in SECRETS:
        assert secret in answer.text, secret
    found = answer.json()
    assert found["customer"]["id"] == made["customer_id"]
    assert [(item["code"], len(item["notes"]), item["deleted"]) for item in found["orders"]] == [
        (made["code"], 1, False)
    ]
    assert {item["kind"] for item in found["orders"][0]["timeline"]} >= {"status", "shipment", "note"}
    assert len(found["links"]) == 1
    (stored,) = await orders.rows("account_links")
    assert stored.sha256 not in answer.text


async def test_erasure_leaves_nothing_of_the_person(orders: Driver) -> None:
    made = await buy(orders)
    wish: dict[str, Any] = {"json": order(customer=CLIENT, billing_address=HOME), "headers": {"Idempotency-Key": "k"}}
    answer = await orders.http.post("/api/v1/orders", **wish)
    second = await finish(orders, answer.json())
    first = await finish(orders, made)
    corrected = await orders.http.put(
        f"/api/v1/orders/{made['code']}/parcels/1", json={"carrier": "UPS", "tracking_number": "6A7777"}
    )
    await orders.settle(corrected.json(), "committed")
    erased = await erase(orders, made["customer_id"])
    assert erased.status_code == 200, erased.text
    assert (erased.json()["orders"], erased.json()["customer"]["erased_at"]) == (2, "2026-06-01T12:00:00Z")
    for table in ("orders", "lines", "parcels", "entries", "order_notes", "order_terms", "customers"):
        assert_scrubbed(await orders.rows(table), table)
    for table in ("customer_terms", "idempotency_keys", "promotion_uses", "outbox"):
        assert_scrubbed(await orders.rows(table), table)
    for document in (first, second):
        now = await orders.read(document["code"])
        assert (now["totals"], now["customer_id"]) == (document["totals"], made["customer_id"])
        assert [item["gross"] for item in now["lines"]] == [item["gross"] for item in document["lines"]]
        said = await orders.message(document["id"])
        assert (said.erased, said.version, said.customer.name) == (True, now["version"], "")
        assert said.shipping_address is not None
        assert said.shipping_address.country == "FR"
    assert (await orders.get("orders", client="zoe"))["total"] == 0
    assert (await orders.get("customers", q="zoe"))["total"] == 0
    again = await orders.http.post("/api/v1/orders", **wish)
    assert (again.status_code, again.json()["type"]) == (409, "urn:comptoir:problem:answer-erased")
    assert (await orders.get("orders"))["total"] == 2


def assert_scrubbed(rows: list[Any], table: str) -> None:
    kept = json.dumps([list(row) for row in rows], default=str, ensure_ascii=False)
    for secret in SECRETS:
        assert secret not in kept, (table, secret)
        assert secret.casefold() not in kept, (table, secret)


async def test_texts_edited_for_the_person_become_the_statuss_again(orders: Driver) -> None:
    made = (await buy(orders))["code"]
    texts = {"mail": "Chère Zoé, votre colis part ce soir.", "subject": "Pour Zoé"}
    await orders.move(made, "ready", actions={"mail": True}, texts=texts)
    assert "Zoé, votre colis" in str(await orders.rows("entries"))
    document = await finish(orders, await orders.read(made))
    assert (await erase(orders, document["customer_id"])).status_code == 200
    kept = str(await orders.rows("entries"))
    assert "Zoé" not in kept
    assert "prête" in kept, "the status's own text"


async def test_rejected_rows_of_a_file_that_name_the_person_go_too(orders: Driver) -> None:
    made = await finish(orders, await buy(orders))
    cells = {"Zoé": ["Zoé", "Zoe.Martin@Example.org"], "Paul": ["Paul", "paul@example.org"]}
    file: Json = {"id": "file", "shop": "cave", "actor": "key", "file": "old.csv", "format": "own", "mapping": ""}
    file |= {"dry_run": False, "state": "done", "size": 1, "columns": ["name", "mail"], "created_at": orders.clock.now}
    rejects = [
        {"import_id": "file", "line": number, "reason": "odd", "cells": row}
        for number, row in enumerate(cells.values())
    ]
    async with orders.service.outbox.transaction() as tx:
        await tx.execute(imports.insert(), [file | dict.fromkeys(COUNTS, 0)])
        await tx.execute(import_rejects.insert(), rejects)
    assert (await erase(orders, made["customer_id"])).status_code == 200
    assert [row.cells for row in await orders.rows("import_rejects")] == [cells["Paul"]]


async def test_open_orders_refuse_the_erasure(orders: Driver) -> None:
    made = await buy(orders)
    other = await finish(orders, await buy(orders))
    refused = await erase(orders, made["customer_id"])
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":orders-open")
    assert refused.json()["orders"] == [made["code"]]
    cancelled = await orders.move(made["code"], "cancelled")
    assert (await erase(orders, made["customer_id"])).json()["orders"] == [made["code"]], "not settled yet"
    await orders.settle(cancelled, "none")
    assert (await erase(orders, made["customer_id"])).status_code == 200
    again = await erase(orders, made["customer_id"])
    assert (again.status_code, again.json()["orders"]) == (200, 0), "done again it does nothing"
    for command in (
        orders.try_move(other["code"], "delivered"),
        orders.http.patch(f"/api/v1/orders/{other['code']}", json={"customer": {"name": "Zoé"}}),
    ):
        answer = await command
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "order-erased")
    assert (await erase(orders, "nobody")).status_code == 404
    renamed = await orders.http.patch(f"/api/v1/customers/{made['customer_id']}", json={"name": "Zoé"})
    assert renamed.status_code == 422


async def test_figures_stay_and_the_person_may_come_back(orders: Driver) -> None:
    made = await finish(orders, await buy(orders))
    (count,) = [job for job in orders.service.jobs if job.name == "count_changed"]
    await count.run()
    before = await orders.get("statistics/turnover", by="client_type")
    assert (await erase(orders, made["customer_id"])).status_code == 200
    await count.run()
    assert await orders.get("statistics/turnover", by="client_type") == before
    assert (await orders.get("statistics/verify"))["ok"]
    again = await buy(orders)
    assert again["customer_id"] != made["customer_id"]
    assert [found["email"] for found in (await orders.get("customers"))["items"]] == [EMAIL]


async def test_erasure_closes_the_client_space(orders: Driver) -> None:
    space = Space(orders)
    await space.open()
    client = {"email": "camille@example.com", "name": "Camille"}
    made = (await orders.http.post("/api/v1/customers", json=client)).json()
    await space.sign_in()
    assert (await erase(orders, made["id"])).status_code == 200
    assert (await space.as_client("GET")).status_code == 401
    (way,) = await space.mailed()
    assert (way.link, way.email, way.client) == ("", "", ""), "what was not mailed yet never is"
    for table in ("account_links", "account_sessions", "account_requests", "wishes"):
        assert await orders.rows(table) == []
    assert SignIn.name in {row.message for row in await orders.rows("outbox")}


async def test_only_administrators_of_the_shop_erase(orders: Driver) -> None:
    body = shop_input("other").model_dump(mode="json")
    other = orders.client((await orders.http.post("/api/v1/shops", json=body)).json()["key"]["key"])
    made = await finish(orders, await buy(orders))
    path = f"/api/v1/customers/{made['customer_id']}"
    assert (await other.get(f"{path}/export")).status_code == 404
    assert (await other.post(f"{path}/erasure")).status_code == 404
    key = (await orders.http.post("/api/v1/keys", json={"name": "w", "scopes": ["orders:write"]})).json()["key"]
    assert (await orders.client(key).post(f"{path}/erasure")).status_code == 403
