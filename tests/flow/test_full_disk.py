"""A full disk under SQLite: commands are refused with a clear problem, nothing is lost, and with room it goes on."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.flow.suite import Suite, order_body
from tests.servers.require import require

KEY = "ck_full-disk-key"
MEGABYTES = 40


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    require("A small file system", mounted or None, "mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def address(small_disk: Path) -> Iterator[str]:
    """`comptoir run` as its own process, with its data on the small disk."""
    environment = os.environ | {
        "COMPTOIR_VAR": str(small_disk / "var"),
        "COMPTOIR_API_KEY": KEY,
        "PORT": "0",
        "COMPTOIR_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "services", "run"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
    yield url.rstrip("/")
    process.terminate()
    process.wait(30)
    process.stdout.close()


@pytest.fixture
async def suite_on_it(address: str) -> AsyncIterator[Suite]:
    suite = Suite(address, KEY)
    yield suite
    await suite.close()


async def test_full_disk_refuses_and_recovers(suite_on_it: Suite, small_disk: Path) -> None:
    suite = suite_on_it

    async def is_ready() -> bool:
        return (await suite.client.get("/readyz")).status_code == 200

    await eventually(is_ready, seconds=60.0)
    sku = await suite.product(stock=3)
    before = await suite.settled((await suite.placed((sku, 1)))["code"])

    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    body = order_body((sku, 1), customer={"name": "Zoé Martin", "email": "zoe@example.org", "company": "x" * 200})

    async def refused() -> bool:
        response = await suite.client.post("/api/v1/orders", json=body)
        assert response.status_code in {201, 503}, response.text
        return response.status_code == 503

    await eventually(refused, seconds=30.0)
    response = await suite.client.post("/api/v1/orders", json=body)
    assert response.headers["content-type"] == "application/problem+json"
    assert await suite.order(before["code"]) == before

    filler.unlink()

    async def accepted() -> bool:
        return (await suite.client.post("/api/v1/orders", json=body)).status_code == 201

    await eventually(accepted, seconds=30.0)
    items = (await suite.get("/api/v1/orders", limit=200))["items"]
    for order in items:
        await suite.settled(order["code"])
    stock = await suite.stock(sku)
    assert stock["demand"] == len(items)
