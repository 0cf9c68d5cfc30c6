"""The command line as a person runs it: real processes, their exit code and what they say."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

COMPTOIR = Path(sys.executable).with_name("comptoir")
KEY = "ck_test_of_the_command_line"
START_SECONDS = 90.0


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Running:
    """A running Comptoir: its address and its data."""

    url: str
    var: Path
    pid: int


Command = Callable[..., Done]


def run_comptoir(*arguments: str, env: dict[str, str], cwd: Path, stdin: str = "", timeout: float = 400) -> Done:
    """Run `comptoir` to its end."""
    done = subprocess.run(
        [str(COMPTOIR), *arguments],
        env=env,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def environment(**variables: str) -> dict[str, str]:
    """This process's, without what would point the command elsewhere."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COMPTOIR_") and name != "PORT"}
    return own | {"NO_COLOR": "1"} | variables


def items(done: Done) -> list[dict[str, Any]]:
    """The lines of a `--json` list."""
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def figures(done: Done, code: int = 0) -> dict[str, Any]:
    """The one document of `--json`, after the expected exit code."""
    assert done.code == code, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@contextmanager
def started(var: Path) -> Iterator[Running]:
    """`comptoir run` on these data; Ctrl-C has to end it in time."""
    path = var / "run.log"
    settings = {"PORT": "0", "COMPTOIR_HOST": "127.0.0.1", "COMPTOIR_VAR": str(var), "COMPTOIR_API_KEY": KEY}
    with path.open("w+") as log:
        process = subprocess.Popen([str(COMPTOIR), "run"], env=environment(**settings), stdout=log, stderr=log, cwd=var)
        try:
            yield Running(_url(process, path), var, process.pid)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0, path.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)


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
