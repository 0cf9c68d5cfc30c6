"""Every tracked file keeps the rules of the house, and every rule reports a breach when there is one."""

import pytest

from tests.architecture import rules
from tests.architecture.rules import ROOT, RULES_FOR_PYTHON, Rule

BREACHES: list[tuple[Rule, str, str]] = [
    (rules.short_files, "shared/long.py", "x = 1\n" * 301),
    (rules.short_functions, "shared/long.py", "def long():\n" + "    x = 1\n" * 60),
    (rules.short_functions, "shared/long.py", "async def long():\n" + "    x = 1\n" * 60),
    (rules.module_docstrings, "shared/silent.py", "import os\n"),
    (rules.module_docstrings, "shared/empty/__init__.py", ""),
    (rules.commits_at_the_edge, "services/orders/commands.py", "async def f(session):\n    await session.commit()\n"),
    (rules.commits_at_the_edge, "services/orders/jobs.py", "def f(self):\n    self.db.connection.commit()\n"),
    (rules.no_sleeping_tests, "tests/flow/test_it.py", "async def test():\n    await asyncio.sleep(1)\n"),
    (rules.no_sleeping_tests, "tests/flow/driver.py", "time.sleep(0.5)\n"),
    (rules.no_package_index, "requirements.lock", "--extra-index" + "-url file:///somewhere\n"),
    (rules.no_package_index, "pip.conf", "index" + "-url = https://example.invalid/simple\n"),
    (rules.no_package_index, "package-lock.json", '"resolved": "https://registry.' + 'npmjs.org/x.tgz"\n'),
]


@pytest.mark.parametrize("rule", RULES_FOR_PYTHON, ids=lambda rule: rule.__name__)
def test_every_python_file_keeps(rule: Rule) -> None:
    files = [name for name in rules.tracked_files() if name.endswith(".py")]
    assert len(files) > 50
    report([breach for name in files for breach in rule(name, (ROOT / name).read_text())])


def test_no_file_names_a_package_index() -> None:
    breaches: list[str] = []
    for name in rules.tracked_files():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore")
        breaches += rules.no_package_index(name, text)
    report(breaches)


def report(breaches: list[str]) -> None:
    if breaches:
        pytest.fail("\n".join(breaches), pytrace=False)


@pytest.mark.parametrize(("rule", "path", "source"), BREACHES)
def test_a_breach_is_reported(rule: Rule, path: str, source: str) -> None:
    [breach] = rule(path, source)
    assert breach.startswith(path)


def test_what_is_allowed_is_not_reported() -> None:
    assert list(rules.commits_at_the_edge("shared/database/session.py", "session.commit()")) == []
    assert list(rules.no_sleeping_tests("tests/flow/test_it.py", "await asyncio.sleep(0)")) == []
    assert list(rules.no_sleeping_tests("services/orders/jobs.py", "await asyncio.sleep(5)")) == []
