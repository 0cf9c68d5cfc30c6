"""The gate of the acceptance list: which of its rows are shown by a test, service by service.

A test says `@pytest.mark.row("S2-26")`, or names several rows, and asserts their own words, through HTTP, the CLI or a
real message. It speaks for the service in whose folder it stands; elsewhere for the row's first owner, or for those it
names: `@pytest.mark.row("S2-26", owners="OI")`. `make features` runs the marked tests (`--features`, or
`--features O,I` for these services alone), prints the table and fails while a part has no test that passed and is not
waiting for something that is named in `rows.toml`.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROWS = Path(__file__).with_name("rows.toml")
PAGE = Path(__file__).parent.parent / "docs" / "features.md"
SERVICES = {"O": "orders", "I": "inventory", "B": "billing", "N": "notifications"}
MOST_ROWS = 3
"""A test that shows more of them shows none of them well."""
PROPERTY = "row"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    words: str
    owners: tuple[str, ...]
    waiting: dict[str, str] = field(default_factory=dict)


def load_rows(path: Path = ROWS) -> dict[str, Row]:
    """All rows by id."""
    found = tomllib.loads(path.read_text())
    return {name: Row(row["words"], tuple(row["owners"]), row.get("waiting", {})) for name, row in found.items()}


def parts_of(item: pytest.Item, rows: dict[str, Row]) -> list[str]:
    """What a test shows, as `S2-26/O`. Raises `pytest.UsageError` for a mark that says too much, or nothing."""
    marks = list(item.iter_markers("row"))
    said = [(name, mark.kwargs.get("owners")) for mark in marks for name in mark.args]
    if len(names := {name for name, _owners in said}) > MOST_ROWS:
        raise pytest.UsageError(f"{item.nodeid} is to show {len(names)} rows, {MOST_ROWS} at most are shown well")
    parts = []
    for name, named in said:
        if name not in rows:
            raise pytest.UsageError(f"{item.nodeid}: the acceptance list has no row {name}")
        owners = named or _owner(item, rows[name])
        if not set(owners) <= set(rows[name].owners):
            raise pytest.UsageError(
                f"{item.nodeid}: row {name} is owned by {', '.join(rows[name].owners)}, not {owners}"
            )
        parts += [f"{name}/{owner}" for owner in owners]
    return parts


def _owner(item: pytest.Item, row: Row) -> str:
    folder = item.path.parent.name
    return next((letter for letter, service in SERVICES.items() if service == folder), row.owners[0])


class Gate:
    """Chooses the marked tests, and counts what came of them."""

    def __init__(self, owners: set[str]) -> None:
        self.rows = load_rows()
        self.owners = owners
        self.outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @property
    def wanted(self) -> Iterator[tuple[str, str]]:
        """(row, owner) of all that is asked for."""
        return ((name, owner) for name, row in self.rows.items() for owner in row.owners if owner in self.owners)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen = []
        for item in items:
            parts = [part for part in parts_of(item, self.rows) if part[-1] in self.owners]
            item.user_properties += [(PROPERTY, part) for part in parts]
            if parts:
                chosen.append(item)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        outcome = "passed" if report.passed and not hasattr(report, "wasxfail") else "not passed"
        for name, part in report.user_properties:
            if name == PROPERTY:
                self.outcomes[str(part)][outcome] += 1

    def state(self, name: str, owner: str) -> str:
        """`passed`, `failed`, `waiting: …` or `missing`."""
        seen = self.outcomes[f"{name}/{owner}"]
        if seen["not passed"]:
            return "failed"
        if seen["passed"]:
            return "passed"
        reason = self.rows[name].waiting.get(owner)
        return f"waiting: {reason}" if reason else "missing"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        open_ = [part for part in self.wanted if self.state(*part) in ("failed", "missing")]
        if open_ and not hasattr(session.config, "workerinput"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        states = {part: self.state(*part) for part in self.wanted}
        terminalreporter.section("acceptance list")
        for (name, owner), state in states.items():
            terminalreporter.write_line(f"{name} {owner} {state:12.40} {self.rows[name].words[:90]}")
        counted = Counter(state.partition(":")[0] for state in states.values())
        terminalreporter.write_line(", ".join(f"{number} {state}" for state, number in sorted(counted.items())))
        if self.owners == set(SERVICES):
            PAGE.write_text("\n".join(_page(self, counted)) + "\n")


def _page(gate: Gate, counted: Counter[str]) -> Iterator[str]:
    yield "# Acceptance list"
    yield ""
    yield "Made by `make features`: what a test shows of each row, by service (O orders, I inventory, B billing,"
    yield f"N notifications). {', '.join(f'{number} {state}' for state, number in sorted(counted.items()))}."
    yield ""
    yield "| row | what it says | state |"
    yield "|---|---|---|"
    for name, row in gate.rows.items():
        states = "; ".join(f"{owner} {gate.state(name, owner)}" for owner in row.owners)
        yield f"| {name} | {row.words} | {states} |"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--features", nargs="?", const="O,I,B,N", help="show the acceptance list, of these owners alone")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mark that says too much ends every run, not `make features` alone."""
    rows = load_rows()
    for item in items:
        parts_of(item, rows)


def pytest_configure(config: pytest.Config) -> None:
    asked: Any = config.getoption("--features")
    if asked is not None:
        owners = set(asked.split(","))
        if not owners <= set(SERVICES):
            raise pytest.UsageError(f"--features knows {', '.join(SERVICES)}")
        config.pluginmanager.register(Gate(owners), "features")
