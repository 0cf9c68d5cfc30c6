"""Imports of files over HTTP: worked through by a job, once, whatever happens; every row left out with its reason."""

import csv
import io
from datetime import datetime

import httpx
import pytest

from services.orders.jobs.importing import Importer
from shared.outbox import Outbox
from tests.orders.driver import Clock, Driver, Json
from tests.orders.exports import FILES

IMPORTS = "/api/v1/orders/imports"
OWN = "currency: EUR\nfields: {order: No, sku: Art, quantity: Qty, unit_price: Price, email: Mail, name: Art}\n"


async def upload(orders: Driver, content: str | bytes, name: str = "orders.csv", **form: str) -> httpx.Response:
    body = content.encode() if isinstance(content, str) else content
    return await orders.http.post(IMPORTS, files={"file": (name, body)}, data=form)


async def worked(orders: Driver, content: str | bytes, name: str = "orders.csv", **form: str) -> Json:
    """An import, worked through."""
    answer = await upload(orders, content, name, **form)
    assert answer.status_code == 202, answer.text
    await Importer(orders.service.outbox).run()
    return await read(orders, answer.headers["location"])


async def read(orders: Driver, path: str) -> Json:
    found: Json = (await orders.http.get(path)).json()
    return found


async def rejects(orders: Driver, found: Json) -> list[dict[str, str]]:
    answer = await orders.http.get(f"{IMPORTS}/{found['id']}/rejects")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def own_file(size: int, start: int = 0) -> str:
    rows = "".join(f"N-{number:05d},WINE,2,12.50,zoe@example.org\n" for number in range(start, start + size))
    return f"No,Art,Qty,Price,Mail\n{rows}"


@pytest.mark.row("S1-05")
async def test_a_file_of_another_shop_is_imported_with_per_row_errors(orders: Driver) -> None:
    """CSV import of existing / third-party orders, with per-row errors: the good order is there, each bad row told."""
    done = await worked(orders, FILES["shopify"](), format="shopify")
    assert done["state"] == "done"
    counts = {"rows": 6, "orders": 2, "done": 2, "created": 2, "known": 0, "refused": 0, "rejected": 2, "skipped": 0}
    assert (done["counts"], done["progress"]) == (counts, 1.0)
    assert done["statuses"] == {"cancelled": 1, "confirmed": 1}
    [order] = (await orders.get("orders", status="confirmed"))["items"]
    assert (order["external_id"], order["totals"]["gross"]) == ("#1001", "49.90")
    told = await rejects(orders, done)
    assert [(row["line"], row["reason"], row["Name"], row["Lineitem quantity"]) for row in told] == [
        ("6", "the quantity 'two' is no whole number", "#1003", "two"),
        ("7", "another row of the order was rejected: line 6", "#1003", "1"),
    ]
    again = await worked(orders, FILES["shopify"](), format="shopify")
    assert (again["counts"]["created"], again["counts"]["known"]) == (0, 2)


async def test_a_dry_run_tells_and_creates_nothing(orders: Driver) -> None:
    await worked(orders, own_file(2), mapping=OWN)
    done = await worked(orders, own_file(5), mapping=OWN, dry_run="true")
    assert (done["state"], done["dry_run"]) == ("done", True)
    assert (done["counts"]["created"], done["counts"]["known"]) == (3, 2)
    assert (await orders.get("orders"))["total"] == 2


async def test_an_order_that_the_service_refuses_joins_the_rejects(orders: Driver) -> None:
    content = own_file(3).replace("N-00001,WINE,2,12.50,zoe@example.org", "N-00001,=WINE,2,12.50,nobody")
    done = await worked(orders, content, mapping=OWN)
    assert (done["counts"]["created"], done["counts"]["refused"], done["counts"]["rejected"]) == (2, 1, 1)
    [row] = await rejects(orders, done)
    assert "is no e-mail address" in row["reason"]
    assert (row["Art"], row["No"]) == ("'=WINE", "N-00001")


async def test_countries_by_name_are_known_and_control_characters_dropped(orders: Driver) -> None:
    mapping = OWN.replace("name: Art", "name: Art, billing_country: Land, billing_street: Street")
    content = own_file(4).replace("Mail\n", "Mail,Land,Street\n")
    for cells in ("Royaume-Uni,1 rue\x01", "de,2 rue", "Atlantis,3 rue", ",4 rue"):
        content = content.replace("example.org\n", f"example.org,{cells}\n", 1)
    done = await worked(orders, content, mapping=mapping)
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (2, 2)
    reasons = [row["reason"] for row in await rejects(orders, done)]
    assert "'Atlantis' is no country's name" in reasons[0]
    assert "the billing address has no country" in reasons[1]
    codes = [order["code"] for order in (await orders.get("orders"))["items"]]
    addresses = [(await orders.read(code))["billing_address"] for code in codes]
    assert sorted((one["country"], one["street"]) for one in addresses) == [("DE", "2 rue"), ("GB", "1 rue")]


async def test_what_the_shop_does_not_offer_is_the_matter_of_one_order(orders: Driver) -> None:
    mapping = OWN.replace("name: Art", "name: Art, own_fields: Own")
    content = own_file(3).replace("Mail\n", "Mail,Own\n").replace("example.org\n", "example.org,\n")
    content = content.replace(
        "N-00002,WINE,2,12.50,zoe@example.org,", 'N-00002,WINE,2,12.50,zoe@example.org,"{""a"": 1}"'
    )
    done = await worked(orders, content, mapping=mapping)
    assert (done["counts"]["created"], done["counts"]["refused"]) == (2, 1)
    [row] = await rejects(orders, done)
    assert row["reason"] == "refused: The shop has no such field."


class DyingClock:
    """A clock that stops the work after so many transactions."""

    def __init__(self, clock: Clock, transactions: int) -> None:
        self._clock = clock
        self._left = transactions

    def __call__(self) -> datetime:
        self._left -= 1
        if self._left < 0:
            raise ConnectionError("the machine stops")
        return self._clock()


async def test_a_cut_import_goes_on_where_it_stopped(orders: Driver) -> None:
    path = (await upload(orders, own_file(400), mapping=OWN)).headers["location"]
    service = orders.service
    with pytest.raises(ConnectionError):
        await Importer(Outbox(service.db, service.bus, clock=DyingClock(orders.clock, 4))).run()
    cut = await read(orders, path)
    assert cut["state"] == "running"
    assert 0 < cut["counts"]["done"] == cut["counts"]["created"] < 400
    await Importer(service.outbox).run()
    assert (await read(orders, path))["counts"] == cut["counts"], "another worker may be at it"
    orders.clock.advance(seconds=31)
    await Importer(service.outbox).run()
    done = await read(orders, path)
    assert (done["state"], done["counts"]["created"], done["counts"]["known"]) == ("done", 400, 0)
    assert (await orders.get("orders"))["total"] == 400


async def test_an_import_is_cancelled_listed_and_kept_from_other_shops(orders: Driver) -> None:
    await orders.open_shop("autre", "a-secret-of-the-other")
    first = (await upload(orders, own_file(1), mapping=OWN)).json()
    second = (await upload(orders, own_file(1), mapping=OWN)).json()
    cancelled = await orders.http.post(f"{IMPORTS}/{first['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert (await orders.http.post(f"{IMPORTS}/{first['id']}/cancel")).status_code == 409
    await Importer(orders.service.outbox).run()
    page = (await orders.http.get(IMPORTS, params={"limit": 1})).json()
    assert ([one["id"] for one in page["items"]], page["total"]) == ([second["id"]], 2)
    rest = (await orders.http.get(IMPORTS, params={"limit": 1, "after": page["next"]})).json()
    assert [(one["id"], one["state"], one["counts"]["done"]) for one in rest["items"]] == [
        (first["id"], "cancelled", 0)
    ]
    async with orders.client("a-secret-of-the-other") as other:
        assert (await other.get(IMPORTS)).json()["total"] == 0
        for path in (f"{IMPORTS}/{first['id']}", f"{IMPORTS}/{first['id']}/rejects"):
            assert (await other.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "format"), ({"format": "prestashop"}, "format"), ({"mapping": "fields: {}"}, "mapping"),
     ({"format": "shopify", "dry_run": "perhaps"}, "dry_run")],
)  # fmt: skip
async def test_a_wrong_upload_names_the_field(orders: Driver, form: dict[str, str], field: str) -> None:
    answer = await upload(orders, "a,b\n", **form)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_file_that_cannot_be_read_fails_with_the_place(orders: Driver) -> None:
    failed = await worked(orders, "No,Art\n1,2\n", mapping=OWN)
    assert (failed["state"], failed["counts"]["rows"]) == ("failed", 0)
    assert failed["error"].startswith("Line 1: the column 'Qty' is missing; the columns are 'No', 'Art'.")
    latin = await worked(orders, "No,Art,Qty,Price,Mail\n1,Thé,2,1.00,zoe@example.org\n".encode("latin-1"), mapping=OWN)
    assert "Line 2, column 5: the byte 0xE9 is not utf-8." in latin["error"]
    book = await worked(orders, b"PK no workbook", "orders.xlsx", mapping=OWN)
    assert "It is no workbook that can be read" in book["error"]


async def test_an_export_comes_back_as_a_workbook(orders: Driver) -> None:
    await orders.place()
    exported = await orders.http.get("/api/v1/orders/export", params={"format": "xlsx", "lang": "fr"})
    done = await worked(orders, exported.content, "commandes.xlsx", format="comptoir")
    assert (done["counts"]["known"], done["counts"]["created"]) == (1, 0)
