"""The command line as a person runs it: real processes, their exit code and what they say."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPTOIR = Path(sys.executable).with_name("comptoir")
KEY = "ck_test_of_the_command_line"


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
