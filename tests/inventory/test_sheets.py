"""The whole sheet of a product: references, technical sheet, images by address or kept; deletion takes nothing away."""

import hashlib
from typing import Any

import pytest

from tests.inventory.driver import Driver, line, order

BASE = "/api/v1/inventory"
PNG = b"\x89PNG\r\n\x1a\n" + b"a label"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "


async def upload(inventory: Driver, content: bytes, sku: str = "wine") -> Any:
    headers = {"Content-Type": "image/png"}
    return await inventory.http.post(f"{BASE}/images", params={"sku": sku}, content=content, headers=headers)


async def link(inventory: Driver, url: str, sku: str = "wine") -> Any:
    return await inventory.http.post(f"{BASE}/images/link", params={"sku": sku}, json={"url": url})


@pytest.mark.row("S3-16")
async def test_sheet_has_reference_images_technical_sheet_and_stock_state(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    await inventory.hear(order(1, 1, line("wine", 2)))
    written = {
        "references": {"internal": "CAVE-12", "ean": "3760000000017"},
        "technical_sheet": {"fr": "Cépage : merlot.", "en": "Grape: merlot."},
    }
    assert (await inventory.http.put(f"{BASE}/sheets/wine", json=written)).status_code == 200
    kept = (await upload(inventory, PNG)).json()
    shown = (await link(inventory, "https://example.com/wine.jpg")).json()
    sheet = await inventory.get("sheets/wine")
    assert sheet | written == sheet
    assert sheet["images"] == [kept, shown]
    assert kept["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (sheet["stock"]["on_hand"], sheet["stock"]["available"], sheet["sold_out"]) == (3, 1, False)


async def test_kept_image_is_served_as_what_it_is(inventory: Driver) -> None:
    await inventory.make("wine")
    for content, media_type in ((PNG, "image/png"), (WEBP, "image/webp")):
        made = await upload(inventory, content)
        assert made.status_code == 201
        served = await inventory.http.get(made.json()["url"])
        assert (served.content, served.headers["content-type"]) == (content, media_type)
        assert served.headers["x-content-type-options"] == "nosniff"


async def test_same_image_again_is_the_same(inventory: Driver) -> None:
    await inventory.make("wine")
    first, again = await upload(inventory, PNG), await upload(inventory, PNG)
    assert (again.status_code, again.json()) == (200, first.json())
    first, again = [await link(inventory, "https://example.com/wine.jpg") for _ in range(2)]
    assert (again.status_code, again.json()) == (200, first.json())


async def test_content_goes_with_the_last_image_that_shows_it(inventory: Driver) -> None:
    await inventory.make("wine")
    await inventory.make("gift")
    wine, gift = [(await upload(inventory, PNG, sku)).json() for sku in ("wine", "gift")]
    assert len(await inventory.rows("blobs")) == 1
    assert (await inventory.http.delete(f"{BASE}/images/{wine['id']}")).status_code == 204
    assert (await inventory.http.get(gift["url"])).content == PNG
    assert (await inventory.http.delete(f"{BASE}/images/{gift['id']}")).status_code == 204
    assert await inventory.rows("blobs") == []
    assert (await inventory.http.get(gift["url"])).status_code == 404
    assert (await inventory.http.delete(f"{BASE}/images/{gift['id']}")).status_code == 404


async def test_stale_edition_is_refused(inventory: Driver) -> None:
    await inventory.make("wine")
    read = (await inventory.http.get(f"{BASE}/sheets/wine")).headers["etag"]
    await link(inventory, "https://example.com/wine.jpg")
    refused = await inventory.http.put(f"{BASE}/sheets/wine", json={}, headers={"If-Match": read})
    assert refused.status_code == 409


async def test_deleted_product_keeps_its_sheet(inventory: Driver) -> None:
    await inventory.make("wine", 2)
    await inventory.http.put(f"{BASE}/sheets/wine", json={"references": {"internal": "12"}})
    image = (await upload(inventory, PNG)).json()
    assert (await inventory.http.delete(f"{BASE}/products/wine")).status_code == 204
    sheet = await inventory.get("sheets/wine")
    assert (sheet["deleted"], sheet["references"], sheet["images"]) == (True, {"internal": "12"}, [image])
    assert (await inventory.http.get(image["url"])).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"references": {"": "12"}}, "references"),
        ({"technical_sheet": {"french": "Cépage"}}, "technical_sheet"),
        ({"price": "2"}, "price"),
    ],
)
async def test_wrong_sheet_is_refused_by_field(inventory: Driver, wrong: dict[str, Any], field: str) -> None:
    await inventory.make("wine")
    refused = await inventory.http.put(f"{BASE}/sheets/wine", json=wrong)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith(field)


async def test_what_is_no_image_or_no_product_is_refused(inventory: Driver) -> None:
    await inventory.make("wine")
    for answer, status in (
        (await upload(inventory, b"<svg onload='alert(1)'>"), 422),
        (await upload(inventory, PNG, "unknown"), 404),
        (await link(inventory, "javascript:alert(1)"), 422),
        (await inventory.http.put(f"{BASE}/sheets/unknown", json={}), 404),
        (await inventory.http.get(f"{BASE}/sheets/unknown"), 404),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_of_one_shop_alone(inventory: Driver) -> None:
    await inventory.make("wine")
    image = (await upload(inventory, PNG)).json()
    await inventory.open_shop("other", "other-secret")
    theirs = {"Authorization": "Bearer other-secret"}
    assert (await inventory.http.get(image["url"], headers=theirs)).status_code == 404
    assert (await inventory.http.delete(f"{BASE}/images/{image['id']}", headers=theirs)).status_code == 404
    assert (await inventory.http.get(f"{BASE}/sheets/wine", headers=theirs)).status_code == 404
