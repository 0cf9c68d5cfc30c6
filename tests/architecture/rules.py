"""The rules of the house that ruff, mypy and import-linter do not know, as functions over a file's text.

Each rule yields one sentence per breach. `test_rules` applies them to every tracked file, and shows each of them a
breach first: a rule that was never seen to fail proves nothing.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 60

Rule = Callable[[str, str], Iterator[str]]

# Spelled in pieces, so that this file keeps its own rule.
_INDEX = re.compile(
    "|".join(
        [
            r"\b(extra[-_])?index" + r"[-_]url\b",
            r"\bfind" + r"[-_]links\b",
            r"registry\." + r"(npmjs|yarnpkg)",
            r"pypi\." + r"(org|python)",
            r"pythonhosted\." + "org",
            r"proxy\." + r"golang\.org",
        ]
    ),
    re.IGNORECASE,
)


def tracked_files() -> list[str]:
    """What git tracks or would add, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    ).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def short_files(path: str, source: str) -> Iterator[str]:
    """A file that outgrows 300 lines becomes a folder of the same name."""
    lines = len(source.splitlines())
    if lines > LINES_OF_A_FILE:
        yield f"{path}: {lines} lines, more than {LINES_OF_A_FILE}"


def short_functions(path: str, source: str) -> Iterator[str]:
    """60 lines are the end; 40 are the aim, which reviews hold."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LINES_OF_A_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, more than {LINES_OF_A_FUNCTION}"


def module_docstrings(path: str, source: str) -> Iterator[str]:
    """Every module says why it exists."""
    if not ast.get_docstring(ast.parse(source)):
        yield f"{path}: no module docstring"


def commits_at_the_edge(path: str, source: str) -> Iterator[str]:
    """One request, batch or job is one transaction, and what runs it (`shared`) commits it."""
    if path.startswith("services/"):
        yield from _calls(path, source, lambda called: called.endswith(".commit"))


def no_sleeping_tests(path: str, source: str) -> Iterator[str]:
    """Tests wait for what they can observe: `tests.eventually`. The servers of the tests may be slow on purpose."""
    exempt = ("tests/servers/", "tests/bench/", "tests/eventually.py")
    if path.startswith("tests/") and not path.startswith(exempt):
        yield from _calls(
            path, source, lambda called: called in ("asyncio.sleep", "time.sleep", "sleep", "anyio.sleep")
        )


def no_package_index(path: str, text: str) -> Iterator[str]:
    """Where packages come from is the business of whoever installs: a committed address breaks every other place."""
    for number, line in enumerate(text.splitlines(), 1):
        if _INDEX.search(line):
            yield f"{path}:{number}: names a package index: {line.strip()[:80]}"


RULES_FOR_PYTHON: tuple[Rule, ...] = (
    short_files,
    short_functions,
    module_docstrings,
    commits_at_the_edge,
    no_sleeping_tests,
)


def _calls(path: str, source: str, forbidden: Callable[[str], bool]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and forbidden(called := ast.unparse(node.func)) and not _is_zero(node):
            yield f"{path}:{node.lineno}: calls {called}"


def _is_zero(call: ast.Call) -> bool:
    """`asyncio.sleep(0)` lets other tasks run; it waits for nothing."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
