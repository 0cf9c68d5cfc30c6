"""What commands write: data on stdout (tables, or JSON with --json), everything else on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

WIDE = 240
"""Columns where stdout is no terminal: nothing is cut off."""
STEP_PERCENT = 5
STEP_SECONDS = 0.5
"""Between two such lines at the least; the last one comes in any case."""

interrupts: list[int] = []
"""The signals that asked this process to stop."""


def note(text: str) -> None:
    """A line for the person who waits."""
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One JSON document on one line: a list is one such line an item."""
    print(json.dumps(value, ensure_ascii=False))


def show_items(items: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool, empty: str) -> None:
    """A list: a table whose `columns` are title to dotted path, or a line of JSON an item."""
    if as_json:
        for item in items:
            show_json(item)
        return
    rows = [[_cell(item, path) for path in columns.values()] for item in items]
    if rows:
        show_table(list(columns), rows)
    else:
        note(empty)


def show_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A plain table; a column of numbers is flush right."""
    rows = list(rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, title in enumerate(titles):
        numeric = all(_is_number(row[place]) for row in rows)
        table.add_column(title, no_wrap=True, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*row)
    console(stderr=False).print(table, markup=False)


def show_fields(fields: Mapping[str, Any]) -> None:
    """One thing, a line a field."""
    width = max(map(len, fields))
    for name, value in fields.items():
        print(f"{name:<{width}}  {'' if value is None else value}")


def console(*, stderr: bool) -> Console:
    """A console as wide as the terminal, without colour where NO_COLOR says so."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False, emoji=False, markup=False)


class Counter(Protocol):
    """Told how much is done."""

    def advance(self, amount: int = 1) -> None: ...


def interrupt(number: int, _frame: object) -> None:
    """What Ctrl-C does: it ends the command at once; swallowed on the way, by a finalizer say, at its next step."""
    interrupts.append(number)
    raise KeyboardInterrupt


def _go_on() -> None:
    if interrupts:
        raise KeyboardInterrupt


@contextmanager
def progress(title: str, total: int) -> Iterator[Counter]:
    """A bar on a terminal, else a line each 5 %, but not a hail of them; on stderr."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _Lines(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as bar:
        yield _Bar(bar, title, total)


class _Bar:
    def __init__(self, bar: Progress, title: str, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task(title, total=total)

    def advance(self, amount: int = 1) -> None:
        self._bar.advance(self._task, amount)
        _go_on()


class _Lines:
    def __init__(self, title: str, total: int) -> None:
        self._title, self._total = title, total
        self._done = self._told = 0
        self._begun = self._told_at = time.monotonic()

    def advance(self, amount: int = 1) -> None:
        _go_on()
        self._done += amount
        percent = 100 if self._total == 0 else min(100, self._done * 100 // self._total)
        step = percent - percent % STEP_PERCENT
        now = time.monotonic()
        if step > self._told and (step == 100 or now - self._told_at >= STEP_SECONDS):
            self._told, self._told_at = step, now
            note(f"{self._title}: {step} % ({self._done} of {self._total}, {now - self._begun:.0f} s)")


def _cell(item: Mapping[str, Any], path: str) -> str:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(value))


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()
