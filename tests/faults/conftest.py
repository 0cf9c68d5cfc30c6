"""One house for all seeds of a test process, built when the first one needs it; the report at the end."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.faults.auditor import Auditor, Verdict
from tests.faults.house import House
from tests.faults.report import lines
from tests.servers.vhosts import VirtualHosts

VERDICTS = pytest.StashKey[list[tuple[Verdict, Counter[str]]]]()


@pytest.fixture(scope="session")
async def house(
    postgres: Postgres,
    rabbitmq: RabbitMQ,
    rabbitmq_vhosts: VirtualHosts,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    """Four processes and the world around them."""
    with rabbitmq_vhosts.fresh() as amqp_url:
        built = House(postgres, rabbitmq, amqp_url, tmp_path_factory.mktemp("faults"), "faults_")
        try:
            await built.start()
            yield built
        finally:
            await built.stop()


@pytest.fixture(scope="session")
def auditor(house: House) -> Auditor:
    """Knows what has been poisoned in the house so far."""
    return Auditor(house)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What all seeds came to; a worker of xdist has no terminal to say it on."""
    verdicts = config.stash.get(VERDICTS, [])
    if verdicts:
        terminalreporter.section("faults")
        for line in lines(verdicts):
            terminalreporter.write_line(line)
