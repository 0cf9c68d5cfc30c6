"""The private RabbitMQ: what survives a restart and a crash, where it listens, and that it never outlives its owner."""

import ipaddress
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import psutil
import pytest
from aio_pika import DeliveryMode, Message

from deploy.local.rabbitmq import RabbitMQ, RabbitMQUnavailableError, find_rabbitmq
from tests.eventually import eventually, until
from tests.servers.require import require

pytestmark = [pytest.mark.real, pytest.mark.slow]

QUEUE = "kept"
SECONDS = 30.0

STARTS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from deploy.local.rabbitmq import RabbitMQ
server = RabbitMQ(Path(sys.argv[1]))
server.start()
print("started", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RabbitMQ]:
    """A server of this test's own."""
    require("RabbitMQ", find_rabbitmq(), "`make test` installs Debian's rabbitmq-server as root")
    with RabbitMQ(tmp_path / "rabbitmq") as running:
        yield running


def processes_in(directory: Path) -> list[psutil.Process]:
    """The processes whose command line or working directory lies there."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(directory)) or str(directory) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


async def put(url: str) -> None:
    async with await aio_pika.connect(url, timeout=SECONDS) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        message = Message(b"confirmed", delivery_mode=DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue.name, timeout=SECONDS)


async def got(url: str) -> bytes:
    async with await aio_pika.connect(url, timeout=SECONDS) as connection:
        queue = await (await connection.channel()).get_queue(QUEUE)
        # A queue that has just come back shows what it holds a moment later.
        message = await eventually(lambda: queue.get(timeout=SECONDS, fail=False), seconds=SECONDS)
        assert message is not None
        return message.body


async def test_restart_and_crash_keep_address_and_messages(server: RabbitMQ) -> None:
    url = server.url
    await put(url)
    server.restart()
    assert server.url == url
    assert await got(url) == b"confirmed"
    server.kill()
    with pytest.raises(aio_pika.exceptions.AMQPConnectionError):
        await aio_pika.connect(url, timeout=SECONDS)
    server.start()
    assert await got(url) == b"confirmed"
    assert server.ctl("list_queues", "name").split() == ["name", QUEUE]


def test_listens_on_loopback_and_leaves_nothing(server: RabbitMQ, tmp_path: Path) -> None:
    running = [process for child in psutil.Process().children() for process in [child, *child.children(recursive=True)]]
    listening = [
        connection.laddr.ip
        for process in running
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3, "AMQP, distribution, epmd"
    assert all(ipaddress.ip_address(address).is_loopback for address in listening)
    server.stop()
    assert until(lambda: not processes_in(tmp_path), seconds=SECONDS)


def test_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    require("RabbitMQ", find_rabbitmq(), "`make test` installs Debian's rabbitmq-server as root")
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", STARTS_AND_DIES, str(tmp_path / "rabbitmq")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.returncode) == ("started\n", -9)
    assert until(lambda: not processes_in(tmp_path), seconds=SECONDS), processes_in(tmp_path)


def test_start_that_fails_says_why(tmp_path: Path) -> None:
    require("RabbitMQ", find_rabbitmq(), "`make test` installs Debian's rabbitmq-server as root")
    (tmp_path / "mnesia").write_text("a file where a directory has to be")
    with pytest.raises(RabbitMQUnavailableError, match="does not answer"), RabbitMQ(tmp_path):
        pytest.fail("it started")
    assert until(lambda: not processes_in(tmp_path), seconds=SECONDS)
