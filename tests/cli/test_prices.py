"""What clients are shown of prices, through the command line."""

from pathlib import Path

import httpx
import pytest

from tests.cli.processes import KEY, Command, Running, items
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_prices_as_a_group_sees_them(comptoir: Command, running: Running, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("sku,price_list,currency,price,includes_tax\nBX-2019-MED,reseller,EUR,11.40,no\n")
    assert comptoir("stock", "import", "prices", str(file)).code == 0
    group = {"name": "reseller", "price_list": "reseller", "prices_shown": "net"}
    made = httpx.post(f"{running.url}/api/v1/customer-groups", json=group, headers={"Authorization": f"Bearer {KEY}"})
    assert made.status_code == 201, made.text
    assert [found["name"] for found in items(comptoir("prices", "groups", "--json"))] == ["reseller"]
    skus = ("BX-2019-MED", "CANELES-8", "NOPE")

    def shown() -> bool:
        found = items(comptoir("prices", "show", *skus, "--group", "reseller", "--json"))
        return [(one["price"], one["price_list"] or one["reason"]) for one in found] == [
            ("11.40", "reseller"),
            ("10.62", "public"),
            (None, "unknown_sku"),
        ]

    assert until(shown, seconds=60)
    assert "EUR, net" in comptoir("prices", "show", *skus, "--group", "reseller").out
    assert "EUR, with tax" in comptoir("prices", "show", "BX-2019-MED").out
    assert comptoir("prices", "show", "BX-2019-MED", "--group", "nobody").code == 1
