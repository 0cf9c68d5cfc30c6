"""A Comptoir as a person starts it, and the command line as a person runs it: both real processes."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import COMPTOIR, KEY, Command, Done, Running, environment, run_comptoir

START_SECONDS = 90.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The embedded mode in a process of its own, on a port of the system's choice; Ctrl-C ends it in time."""
    var = tmp_path_factory.mktemp("var")
    log = (var / "run.log").open("w+")
    process = subprocess.Popen(
        [str(COMPTOIR), "run"],
        env=environment(PORT="0", COMPTOIR_HOST="127.0.0.1", COMPTOIR_VAR=str(var), COMPTOIR_API_KEY=KEY),
        stdout=log,
        stderr=log,
        cwd=var,
    )
    try:
        yield Running(_url(process, var / "run.log"), var, process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, (var / "run.log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        log.close()


def _url(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Its address, once it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            try:
                if httpx.get(f"{found[0]}/readyz", timeout=5).status_code == 200:
                    return found[0]
            except httpx.HTTPError:
                pass
        _patience(process)
    raise AssertionError(f"it does not start: {log.read_text()}")


def _patience(process: "subprocess.Popen[bytes]") -> None:
    """Look again in a moment, at once if the process ends."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


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
