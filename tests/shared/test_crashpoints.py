"""A crash point kills the process where a test asked for it, at the passage it asked for, and costs nothing else."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSING = """
from shared.crashpoints import crash_point
for number in range(5):
    print(number, flush=True)
    crash_point("a.b")
"""


@pytest.mark.parametrize(
    ("asked", "printed", "code"),
    [(None, 5, 0), ("other", 5, 0), ("a.b", 1, -signal.SIGKILL), ("a.b:3", 3, -signal.SIGKILL), ("a.b:9", 5, 0)],
)
def test_it_dies_at_the_passage_asked_for(asked: str | None, printed: int, code: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COMPTOIR_CRASH_AT"}
    environment |= {"COMPTOIR_CRASH_AT": asked} if asked else {}
    done = subprocess.run(
        [sys.executable, "-c", PASSING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, len(done.stdout.split())) == (code, printed)


def test_names_are_literal_and_stand_in_one_place_each() -> None:
    """`comptoir faults list` reads them from the code, and a fault test must know where it dies."""
    calls = [
        (path, found)
        for package in ("services", "shared")
        for path in (ROOT / package).rglob("*.py")
        for found in re.findall(r"(?<!def )crash_point\((.*?)\)", path.read_text())
    ]
    assert len(calls) > 5
    for path, argument in calls:
        assert re.fullmatch(r'"[a-z_]+\.[a-z_]+"', argument), f"{path}: crash_point({argument})"
    names = [argument for _, argument in calls]
    assert sorted(names) == sorted(set(names))
