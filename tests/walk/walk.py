"""The pages of the docs that walk: each on a fresh installation, where every command answers what the page shows.

`python -m tests.walk.walk` writes the answers into the pages; `test_walk` runs the same and compares. Blocks that begin
with ```console belong to it: a line with `$ ` is a command, `> ` goes on with it, and what follows is its answer.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from tests.cli.processes import COMPTOIR, KEY, Running, environment, started

PAGES = tuple(Path(__file__).parents[2] / "docs" / f"{name}.md" for name in ("walk", "prices", "clients", "payments"))
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
TIMELINE = re.compile(r"(?:^20\d\d-\d\d-\d\dT\S+Z  .*\n)+", re.MULTILINE)
MARK = "-- end of the answer --"
SECONDS = 300.0

# What differs from one run to the next, in the order in which it is looked for: first what names something, and is
# told apart, then when and how long, which a slower machine writes otherwise.
NAMES = (
    re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}\b"),
    re.compile(r"\b[0-9a-f]{32}\b"),
    re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    re.compile(r"(?<=/[ha]/)[\w.-]+"),
)
TIMES = (
    re.compile(r"\b20\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00)?)?"),
    re.compile(r"\b20\d\d-\d\d\b"),
    re.compile(r"\b\d\d:\d\d:\d\d\b"),
    re.compile(r"(?<=\b[A-Z]{2})20\d\d(?=-\d{5})"),
    re.compile(r", (?:not settled yet|settled)$", re.MULTILINE),  # the others answer when they answer
    re.compile(r"\b\d+(?:\.\d+)? (?:s|seconds|orders/s|rows/s)\b"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command as the page has it, and what it answers."""

    command: str
    answer: str


def steps(block: str) -> list[Step]:
    """The steps of one block."""
    found: list[Step] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:], ""))
        elif line.startswith("> ") and not found[-1].answer:
            found[-1] = Step(f"{found[-1].command}\n{line[2:]}", "")
        else:
            found[-1] = Step(found[-1].command, f"{found[-1].answer}{line}\n")
    return found


def walked(page: str, running: Running, folder: Path) -> str:
    """The page with what the commands answer now, one shell for all of them."""
    commands = [step.command for block in BLOCK.findall(page) for step in steps(block)]
    script = "".join(f"{command}\necho '{MARK}'\n" for command in commands)
    path = f"{COMPTOIR.parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"COMPTOIR_URL": running.url, "COMPTOIR_API_KEY": KEY, "PATH": path, "COLUMNS": "120"}
    shell = subprocess.run(
        ["bash"], input=script, cwd=folder, env=environment(**variables), text=True, check=True, timeout=SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    answers = iter(shell.stdout.replace(running.url, "http://127.0.0.1:8000").split(f"{MARK}\n"))
    return BLOCK.sub(lambda block: "".join(_written(steps(block[0]), answers)), page)


def _written(found: list[Step], answers: Iterator[str]) -> Iterator[str]:
    for step in found:
        yield "$ " + step.command.replace("\n", "\n> ") + "\n"
        yield "".join(f"{line.rstrip()}\n" for line in next(answers).splitlines())


def masked(page: str) -> str:
    """The page with a number in the place of each name that varies, the same for the same name, and without times.

    What a timeline says happened at about the same time is put in the order of its words.
    """
    page = TIMELINE.sub(lambda lines: "".join(sorted(lines[0].splitlines(keepends=True), key=_untimed)), page)
    for kind, pattern in enumerate(NAMES):
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        page = pattern.sub(partial(_numbered, kind, numbers), page)
    for pattern in TIMES:
        page = pattern.sub("<time>", page)
    return page


def _numbered(kind: int, numbers: Mapping[str, int], found: re.Match[str]) -> str:
    return f"<{kind}.{numbers[found[0]]}>"


def _untimed(line: str) -> str:
    return line.partition(" ")[2]


def main() -> None:
    """Walk the pages named, or all."""
    for page in [page for page in PAGES if page.stem in (sys.argv[1:] or page.stem)]:
        with tempfile.TemporaryDirectory(prefix="comptoir-walk-") as folder:
            var, files = Path(folder, "var"), Path(folder, "files")
            var.mkdir()
            files.mkdir()
            with started(var) as running:
                page.write_text(walked(page.read_text(), running, files))


if __name__ == "__main__":
    main()
