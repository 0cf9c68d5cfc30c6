"""The gate of the acceptance list shuts: a mark that says too much, a test that did not pass, a row without a test."""

from __future__ import annotations

import re

import pytest

from tests.features import SERVICES, load_rows

pytest_plugins = ["pytester"]

PLUGIN = """
import tests.features as features

pytest_plugins = ["tests.features"]
features.load_rows = lambda: {
    "A-1": features.Row("first", ("O", "I")),
    "A-2": features.Row("second", ("B",), {"B": "Back office"}),
    "A-3": features.Row("third", ("N",)),
    "A-4": features.Row("fourth", ("O",)),
}
features.PAGE = features.Path("features.md")
"""


@pytest.fixture
def gate(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a list of four rows."""
    pytester.makeconftest(PLUGIN)
    pytester.makeini("[pytest]\nmarkers = row\nasyncio_default_fixture_loop_scope = session\n")
    return pytester


def run(gate: pytest.Pytester, source: str, owners: str = "O,I") -> pytest.RunResult:
    gate.makepyfile(source)
    return gate.runpytest("--features", owners, "-p", "no:randomly", "-p", "no:cacheprovider")


SHOWN = """
import pytest

@pytest.mark.row("A-1", owners="OI")
@pytest.mark.row("A-4")
def test_shows(): ...
"""


def test_rows_that_are_shown_open_it(gate: pytest.Pytester) -> None:
    result = run(gate, SHOWN)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["A-1 O passed*first", "A-1 I passed*", "A-4 O passed*", "3 passed*"])


def test_one_mark_may_name_several_rows(gate: pytest.Pytester) -> None:
    result = run(gate, SHOWN.replace('"A-4"', '"A-4", "A-1"'), "O")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["A-1 O passed*", "A-4 O passed*"])


def test_a_row_without_a_test_shuts_it(gate: pytest.Pytester) -> None:
    result = run(gate, SHOWN, "O,I,N")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["A-3 N missing*"])


def test_a_row_that_waits_for_something_named_does_not(gate: pytest.Pytester) -> None:
    result = run(gate, SHOWN, "O,I,B")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["A-2 B waiting: Back office*"])


@pytest.mark.parametrize("mark", ["skip", "xfail(reason='not yet')"])
def test_skipped_and_xfailed_are_not_passed(gate: pytest.Pytester, mark: str) -> None:
    source = SHOWN.replace("@pytest.mark.row('A-4')", "").replace("...", "assert False")
    result = run(gate, source.replace("def test", f"@pytest.mark.{mark}\ndef test"))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["A-4 O failed*"])


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (["A-1", "A-2", "A-3", "A-4"], "*is to show 4 rows*"),
        (["A-9"], "*the acceptance list has no row A-9*"),
        (["A-3', owners='O"], "*row A-3 is owned by N, not O*"),
    ],
)
def test_a_mark_that_says_too_much_is_refused(gate: pytest.Pytester, marks: list[str], said: str) -> None:
    lines = "\n".join(f"@pytest.mark.row('{mark}')" for mark in marks)
    result = run(gate, f"import pytest\n\n{lines}\ndef test_shows(): ...\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_the_list_is_whole() -> None:
    rows = load_rows()
    counted = [len([name for name in rows if name.startswith(product)]) for product in ("S0", "S1", "S2", "S3", "S4")]
    assert counted == [19, 39, 51, 26, 26]
    assert all(re.fullmatch(r"S\d-\d\d", name) and row.words and row.owners for name, row in rows.items())
    assert {owner for row in rows.values() for owner in row.owners} == set(SERVICES)
    assert all(set(row.waiting) <= set(row.owners) for row in rows.values())
