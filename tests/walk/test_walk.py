"""The walks in the docs say what really happens."""

from pathlib import Path

import pytest

from tests.cli.processes import started
from tests.walk.walk import PAGES, Step, masked, steps, walked


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_answer_on_the_page_is_the_real_one(path: Path, tmp_path: Path) -> None:
    var, files = tmp_path / "var", tmp_path / "files"
    var.mkdir()
    files.mkdir()
    page = path.read_text()
    with started(var) as running:
        assert masked(walked(page, running, files)) == masked(page), "python -m tests.walk.walk writes it anew"


def test_a_step_is_a_command_with_its_answer() -> None:
    assert steps("$ one\n> more\nanswer\n$ two\n") == [Step("one\nmore", "answer\n"), Step("two", "")]


def test_what_varies_is_told_apart() -> None:
    first, other = "A0B1-C2D3-E4F5G", "Z0B1-C2D3-E4F5G"
    assert masked(f"{first} {first}") != masked(f"{first} {other}")
    assert masked(f"{first} at 2026-01-02T03:04:05Z") == masked(f"{other} at 2027-11-12T13:14:15Z")
    assert masked("12 orders") != masked("13 orders")
