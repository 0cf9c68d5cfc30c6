"""The list of crash points is what the source says."""

from pathlib import Path

import pytest

from services.cli.faults import CrashPoint, crash_points, points_of


def test_points_are_read_without_running_the_code(tmp_path: Path) -> None:
    source = tmp_path / "services" / "work.py"
    source.parent.mkdir()
    code = 'if False:\n    crash_point("work.never")\n\n\nasync def f():\n    shared.crash_point("work.f")\n'
    source.write_text(code)
    assert points_of(source, tmp_path) == [
        CrashPoint("work.never", "services/work.py", 2),
        CrashPoint("work.f", "services/work.py", 6),
    ]


def test_a_computed_name_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "work.py"
    source.write_text('crash_point(f"work.{number}")\n')
    with pytest.raises(ValueError, match=r"work\.py:1: the name of a crash point must be a text"):
        points_of(source, tmp_path)


def test_the_points_of_the_core_are_there() -> None:
    names = {point.name for point in crash_points()}
    assert {"outbox.after_commit", "outbox.after_publish", "batch.before_commit", "batch.after_commit"} <= names
