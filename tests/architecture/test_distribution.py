"""What is installed is what is locked, and the names `services` and `shared` are ours.

Unrelated distributions of these very names exist in public, and installing one overwrites our files without a word.
Comptoir is an application with an environment of its own, which these tests watch.
"""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

import services
import shared

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def foreign_owners() -> set[str]:
    """The distributions beside ours that install `services` or `shared`."""
    owners = importlib.metadata.packages_distributions()
    return {owner for name in ("services", "shared") for owner in owners.get(name, [])} - {"comptoir"}


def locked(name: str) -> dict[str, str]:
    return dict(PINNED.findall((ROOT / name).read_text()))


def test_the_import_names_are_ours_alone() -> None:
    assert foreign_owners() == set()
    for package in (services, shared):
        assert Path(str(package.__file__)).is_relative_to(ROOT)


def test_a_foreign_owner_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "__init__.py").touch()
    metadata = tmp_path / "stranger-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("shared/__init__.py,,\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert foreign_owners() == {"stranger"}


def test_both_locks_agree() -> None:
    running, developing = locked("requirements.lock"), locked("requirements-dev.lock")
    assert running.items() <= developing.items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_version_has_its_hashes(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text().strip())
    assert len(blocks) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert names([*project["dependencies"], *extras["build"]]) <= locked("requirements.lock").keys()
    assert names(extras["dev"]) <= locked("requirements-dev.lock").keys()


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}
