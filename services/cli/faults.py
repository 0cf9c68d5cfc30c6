"""The crash points of the code: where a test can have a process die, read from the source by its syntax tree.

Nothing is run for it, so a point in a branch that no test takes is named all the same. tests/faults compares its cases
with this list.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import services
import shared

CALLED = "crash_point"


@dataclass(frozen=True, slots=True, order=True)
class CrashPoint:
    """`file` is relative to the folder of the packages."""

    name: str
    file: str
    line: int


def crash_points() -> list[CrashPoint]:
    """All of them, by name."""
    folders = [Path(str(package.__file__)).parent for package in (services, shared)]
    return sorted(
        point for folder in folders for file in folder.rglob("*.py") for point in points_of(file, folder.parent)
    )


def points_of(file: Path, root: Path) -> list[CrashPoint]:
    """The points of one file; raises `ValueError` where a name is computed, since no list could show it."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == CALLED:
            match node.args:
                case [ast.Constant(value=str(name))]:
                    found.append(CrashPoint(name, str(file.relative_to(root)), node.lineno))
                case _:
                    raise ValueError(f"{file}:{node.lineno}: the name of a crash point must be a text in the code")
    return found
