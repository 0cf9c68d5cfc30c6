"""The commands that a newcomer and CI rely on are there, and `make` alone tells of them."""

import os
import re
import shutil
import subprocess

from tests.conftest import ROOT
from tests.servers.require import require

COMMANDS = {"help", "run", "test", "check", "up", "features", "bench", "bench-large", "faults", "clean", "lock"}


def test_make_alone_lists_every_command() -> None:
    make = require("make", shutil.which("make"), "install it")
    listed = subprocess.run([make], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout
    assert set(re.findall(r"^  make ([\w-]+) +\S", listed, re.MULTILINE)) == COMMANDS


def test_ci_calls_the_same_commands() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    called = set(re.findall(r"make --no-print-directory (\S+)", script.read_text()))
    assert "test" in called
