"""PDFs in a store outside the database: a folder, and an S3-compatible server on loopback."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from services.billing.documents.store import Store, StoreFailed
from services.billing.settings import Settings
from services.billing.wiring import build
from tests.billing.builders import line
from tests.billing.driver import Clock, Driver, order, order_id

CONTENT = b"%PDF-1.7 some bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that keeps objects in memory."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty store."""
    if request.param == "file":
        return f"file://{tmp_path}/documents"
    endpoint = request.getfixturevalue("s3")
    for name, value in {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    bucket = f"bucket-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    return f"s3://{bucket}/documents"


async def test_bytes_are_written_once(url: str) -> None:
    store = Store(url)
    assert await store.get(SHA256) is None
    await store.put(SHA256, CONTENT)
    await store.put(SHA256, CONTENT)
    assert await Store(url).get(SHA256) == CONTENT
    with pytest.raises(StoreFailed, match="other bytes stand there"):
        await store.put(SHA256, b"something else")
    assert await store.get(SHA256) == CONTENT
    await store.put(OTHER, CONTENT)
    with pytest.raises(StoreFailed, match="has other bytes"):
        await store.get(OTHER)


async def test_a_store_that_is_not_there_fails_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "documents").write_text("a file where a folder should be")
    with pytest.raises(StoreFailed):
        await Store(f"file://{tmp_path}/documents").put(SHA256, CONTENT)
    for name, value in {"ENDPOINT_URL": "http://127.0.0.1:9", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for _ in range(2):
        with pytest.raises(StoreFailed):
            await Store("s3://bucket/documents").put(SHA256, CONTENT)


@pytest.fixture
async def billing(database_url: str, tmp_path: Path) -> AsyncIterator[Driver]:
    """The service with a folder as its store."""
    clock, store = Clock(), f"file://{tmp_path}/documents"
    settings = Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10, document_store=store)
    driver = Driver(build(settings, clock), clock)
    await driver.open_shop()
    yield driver
    await driver.close()


async def test_a_store_that_is_down_loses_nothing(billing: Driver, tmp_path: Path) -> None:
    """The invoice keeps its number and waits; once the store is back its bytes are there, and not in the database."""
    folder = tmp_path / "documents"
    folder.write_text("down")
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.render()
    assert (await billing.answer(order_id(1))).open == 1
    [document] = await billing.documents(1)
    assert document["sha256"] is None
    assert "StoreFailed" in (await billing.rows("renderings"))[0].error

    folder.unlink()
    billing.clock.advance(seconds=5)
    await billing.render()
    assert (await billing.answer(order_id(1))).open == 0
    [document] = await billing.documents(1)
    [kept] = folder.rglob("*.pdf")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == document["sha256"]
    assert await billing.rows("blobs") == []
    pdf = await billing.http.get(f"documents/{document['id']}/pdf")
    assert (pdf.status_code, pdf.content) == (200, kept.read_bytes())
    assert (await billing.get("verify"))["ok"]

    folder.rename(tmp_path / "away")
    gone = await billing.http.get(f"documents/{document['id']}/pdf")
    assert (gone.status_code, "does not give" in gone.json()["detail"]) == (503, True)


async def test_verification_reads_every_pdf_and_names_what_is_wrong(billing: Driver, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        await billing.hear(order(number, 1, line(shipped=1)))
    await billing.render()
    assert (await billing.get("storage/verify")) == {"checked": 3, "total": 3, "ok": True, "problems": [], "next": None}
    changed, missing, _ = sorted((tmp_path / "documents").rglob("*.pdf"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    missing.unlink()
    found, after = [], None
    while True:
        page = await billing.get("storage/verify", limit=1, **({"after": after} if after else {}))
        found += page["problems"]
        after = page["next"]
        if after is None:
            break
    assert sorted(problem["problem"].rpartition(": ")[2] for problem in found) == [
        "the PDF is missing",
        "the store has other bytes",
    ]
