"""A shop's accounts at marketplaces: secrets, addresses, listings; each shop's its own, and none another's trouble."""

import asyncio
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select

from services.notifications.settings import Settings
from services.notifications.tables import channel_accounts
from shared.contracts import Channel, ShopKey
from shared.security import hash_key
from shared.settings import BadSettings
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Driver, marketplace_order, parcel, product, shop

CHANNELS = "/api/v1/notifications/channels"
SECRETS = {"client_id": "app", "client_secret": "hush-1", "refresh_token": "hush-2"}


async def test_credentials_come_in_and_never_go_out(make_driver: MakeDriver) -> None:
    house = await make_driver(sealing_keys=Fernet.generate_key().decode())
    put = await house.settle_channel("ebay", credentials=SECRETS, seller_id="S1")
    shown = await house.http.get(f"{CHANNELS}/ebay")
    assert (put["has_credentials"], shown.json()["seller_id"]) == (True, "S1")
    assert "hush" not in str(put) + shown.text
    [row] = await house.rows(select(channel_accounts))
    assert "hush" not in row.credentials
    assert (await house.settle_channel("ebay"))["has_credentials"]
    assert not (await house.settle_channel("ebay", credentials=None))["has_credentials"]


async def test_credentials_without_a_key_to_seal_them_are_refused(make_driver: MakeDriver, tmp_path: Path) -> None:
    """But in the embedded mode, where the installation makes a key of its own beside its data."""
    house = await make_driver(sealing_keys=None, var=tmp_path)
    answer = await house.http.put(f"{CHANNELS}/amazon", json={"credentials": SECRETS})
    if house.service.db.dialect == "sqlite":
        assert answer.status_code == 200
        assert (tmp_path / "sealing-key").stat().st_mode & 0o077 == 0
    else:
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:comptoir:problem:no-sealing-keys")


@pytest.mark.parametrize(
    "url",
    ["http://api.ebay.com", "https://169.254.169.254/", "https://evil.example", "https://notebay.com", "https://[::1"],
)
async def test_a_key_has_us_call_the_vendor_alone(house: Driver, url: str) -> None:
    answer = await house.http.put(f"{CHANNELS}/ebay", json={"base_url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "base_url"


async def test_an_account_switched_off_makes_no_call(house: Driver) -> None:
    await house.settle_channel("amazon", enabled=False)
    await house.buy("amazon")
    await house.pull()
    assert await house.shown() == []
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await house.deliver()
    assert await house.outcomes() == [("amazon", "rejected")]
    assert await house.calls("amazon") == []


OTHER = ShopKey(id="other", name="Bo", sha256=hash_key("other-secret"), scopes=("admin",))
THEIRS = {"Authorization": "Bearer other-secret"}


async def test_another_shops_key_finds_nothing_and_changes_nothing(house: Driver) -> None:
    await house.hear(shop("quai", keys=(OTHER,)))
    await house.settle_channel("amazon", seller_id="Zerlina", send_stock=True)
    await house.http.post(f"{CHANNELS}/amazon/listings", json={"listings": [{"sku": "Zerlina"}]})
    await house.hear(product("Zerlina"))
    before = await house.rows(select(channel_accounts))
    for method, path, status in (
        ("GET", "amazon", 404),
        ("GET", "amazon/listings", 200),
        ("DELETE", "amazon/listings/Zerlina", 404),
        ("PUT", "amazon", 200),
    ):
        json = {"send_stock": True} if method == "PUT" else None
        answer = await house.http.request(method, f"{CHANNELS}/{path}", json=json, headers=THEIRS)
        assert (answer.status_code, "Zerlina" in answer.text.replace("'Zerlina'", "")) == (status, False), path
    await house.http.post(f"{CHANNELS}/amazon/listings", json={"listings": [{"sku": "Zerlina"}]}, headers=THEIRS)
    [level] = await house.deliveries()  # theirs would be of a product that their shop has not
    assert level["subject"] == "sku/Zerlina"
    mine = [row for row in await house.rows(select(channel_accounts)) if row.shop == "cave"]
    assert mine == before


@pytest.mark.failure_mode(18)
async def test_one_sellers_broken_account_holds_up_nobody_else(make_driver: MakeDriver) -> None:
    """Its credentials cannot be opened any more; the other shop's orders come in."""
    sealed = await make_driver(sealing_keys=Fernet.generate_key().decode())
    await sealed.settle_channel("amazon", credentials=SECRETS)
    house = await make_driver(sealing_keys=Fernet.generate_key().decode())
    await house.hear(shop("quai", keys=(OTHER,)))
    assert (await house.http.put(f"{CHANNELS}/amazon", json={}, headers=THEIRS)).status_code == 200
    await house.buy("amazon")
    await house.pull()
    assert [said.shop for said in await house.shown()] == ["quai"]
    assert "could not be read" in (await house.http.get(f"{CHANNELS}/amazon")).json()["trouble"]
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await house.deliver()
    assert await house.outcomes() == [("amazon", "retry")]


@pytest.mark.parametrize("keys", ["hush", "", f"{'A' * 43}=,hush"])
def test_a_sealing_key_that_is_none_is_said_at_the_start(keys: str) -> None:
    with pytest.raises(BadSettings, match="COMPTOIR_SEALING_KEYS: is no list of Fernet keys") as refused:
        Settings(sealing_keys=SecretStr(keys))
    assert "hush" not in str(refused.value)


async def list_as(house: Driver, channel: str, **names: str) -> list[str]:
    """List these SKUs under those names; the fields that are refused."""
    rows = [{"sku": sku, "external_sku": name} for sku, name in names.items()]
    answer = await house.http.post(f"{CHANNELS}/{channel}/listings", json={"listings": rows})
    return [error["field"] for error in answer.json().get("errors", ())]


async def test_a_name_at_a_marketplace_is_one_products(house: Driver) -> None:
    assert await list_as(house, "amazon", a="X", b="X") == ["listings.1.external_sku"]
    assert await list_as(house, "amazon", a="X", b="Y") == []
    assert await list_as(house, "amazon", c="Z", d="X") == ["listings.1.external_sku"]
    assert await list_as(house, "amazon", a="Y", b="X") == []  # they change places
    assert await list_as(house, "ebay", d="X") == []
    page = (await house.http.get(f"{CHANNELS}/amazon/listings")).json()
    assert {row["sku"]: row["external_sku"] for row in page["items"]} == {"a": "Y", "b": "X"}


async def test_of_two_that_list_under_one_name_at_once_one_is_refused(house: Driver) -> None:
    """Also before the shop has an account of its own: listings may come first."""
    for number in range(8):
        name = f"Z{number}"
        answers = await asyncio.gather(
            list_as(house, "ebay", **{f"a{number}": name}), list_as(house, "ebay", **{f"b{number}": name})
        )
        assert sorted(answers) == [[], ["listings.0.external_sku"]], name


async def test_a_name_that_ebay_cannot_hold_is_refused(house: Driver) -> None:
    assert await list_as(house, "ebay", a="X" * 50, b="Y" * 51) == ["listings.1.external_sku"]
    assert await list_as(house, "amazon", b="Y" * 51) == []
