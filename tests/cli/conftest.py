"""A Comptoir as a person starts it, and the command line as a person runs it: both real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import KEY, Command, Done, Running, environment, run_comptoir, started


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The embedded mode in a process of its own, on a port of the system's choice; Ctrl-C ends it in time."""
    with started(tmp_path_factory.mktemp("var")) as found:
        yield found


@pytest.fixture
def comptoir(running: Running, tmp_path: Path) -> Command:
    """Run the command against the running Comptoir, in an empty folder."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> Done:
        env = environment(COMPTOIR_URL=running.url, COMPTOIR_API_KEY=KEY) | variables
        return run_comptoir(*arguments, env=env, cwd=tmp_path, stdin=stdin)

    return run


@pytest.fixture
def offline(tmp_path: Path) -> Command:
    """Run the command where nothing runs."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> Done:
        return run_comptoir(*arguments, env=environment(**variables), cwd=tmp_path, stdin=stdin)

    return run
