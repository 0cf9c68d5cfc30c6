"""A missing server or file is told, and where the environment says so it fails: never a silent pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS_SPECS = "def test_it(specs_dir): pass\n"
NEEDS_RABBITMQ = "def test_it(rabbitmq): pass\n"
WITHOUT_RABBITMQ = """
import pytest
from tests import conftest

@pytest.fixture(scope="session", autouse=True)
def no_rabbitmq(): conftest.find_rabbitmq = lambda: None

"""


def run(folder: Path, source: str, **environment: str) -> str:
    test = folder / "test_it.py"
    test.write_text(source)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REQUIRE_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), str(test)]
    done = subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


@pytest.mark.parametrize(
    ("source", "variable"), [(NEEDS_SPECS, "REQUIRE_SPECS"), (WITHOUT_RABBITMQ + NEEDS_RABBITMQ, "REQUIRE_REAL")]
)
class TestWhatIsMissing:
    def test_skips_and_the_closing_lines_say_why(self, tmp_path: Path, source: str, variable: str) -> None:
        lines = run(tmp_path, source, COMPTOIR_SPECS="/nowhere").splitlines()
        assert "1 skipped" in lines[-1]
        assert re.match(r"SKIPPED \[1\] .* is not here: ", lines[-2])

    def test_fails_where_it_is_required(self, tmp_path: Path, source: str, variable: str) -> None:
        last = run(tmp_path, source, **{"COMPTOIR_SPECS": "/nowhere", variable: "1"}).splitlines()[-1]
        assert "1 error" in last
        assert "skipped" not in last


def test_a_fixture_marks_the_test(tmp_path: Path) -> None:
    deselected = run(tmp_path, NEEDS_SPECS, PYTEST_ADDOPTS="-m 'not specs'")
    assert "1 deselected" in deselected
