"""Every way for a call to go wrong has a test; and a list that lacks one is found out."""

from pathlib import Path

import pytest

from tests.failure_modes import MODES, complaints, main, marked

ALL = {number: ["tests/test_it.py::test_it"] for number in MODES}


def test_every_failure_mode_has_a_test() -> None:
    assert len(MODES) == 18
    assert complaints(marked()) == []


@pytest.mark.parametrize("number", MODES)
def test_a_mode_without_a_test_is_found_out(number: int) -> None:
    [complaint] = complaints({key: tests for key, tests in ALL.items() if key != number})
    assert complaint == f"{number} has no test: {MODES[number]}"


def test_a_number_of_no_mode_is_found_out(tmp_path: Path) -> None:
    text = "@pytest.mark.failure_mode(3, 99)\nasync def test_it(): ...\n@pytest.mark.row('S1-01')\ndef test_b(): ..."
    (tmp_path / "test_it.py").write_text(text)
    found = marked(tmp_path)
    assert found == {number: [f"{tmp_path.name}/test_it.py::test_it"] for number in (3, 99)}
    assert complaints(ALL | found) == [f"there is no mode 99: {found[99]}"]


def test_the_list_names_modes_and_tests(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert sum(line[:2].strip().isdecimal() for line in lines) == len(MODES)
    assert any("::test_a_429_says_how_long" in line for line in lines)
