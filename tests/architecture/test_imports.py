"""The import rules hold, and each of them reports the breach it is there for.

The whole tree is copied, every breach is planted in the copy, and the linter must name each one. The untouched tree
passes, so what is reported then was planted.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALONE = "import {imported}\n"
IN_A_FUNCTION = "def late() -> None:\n    import {imported}\n"
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {imported}\n"


@dataclass(frozen=True)
class Breach:
    """An import that must be refused, planted in `importer`, and the name of the contract that refuses it."""

    contract: str
    importer: str
    imported: str
    form: str = ALONE

    @property
    def reported(self) -> re.Pattern[str]:
        return re.compile(rf"\b{re.escape(self.importer)} -> {re.escape(self.imported)}\b")


BREACHES = [
    Breach("Only the composition root", "services.orders.commands", "services.billing"),
    Breach("Only the composition root", "shared.money", "services.orders"),
    Breach("Only the composition root", "services.notifications.domain", "services.inventory", IN_A_FUNCTION),
    Breach("Only the composition root", "services.billing.domain", "services.orders", FOR_TYPES),
    Breach("Inside a service", "services.inventory.domain", "services.inventory.commands"),
    Breach("Inside a service", "services.inventory.api", "services.inventory.handlers"),
    Breach("Rules and contracts", "services.billing.domain", "sqlalchemy"),
    Breach("Rules and contracts", "shared.contracts", "structlog"),
    Breach("AMQP stays", "services.inventory.commands", "aio_pika"),
    Breach("FastStream stays", "services.inventory.commands", "faststream"),
    Breach("What is shared", "shared.contracts", "shared.outbox"),
]
STRAYS = ["services.orders.utils", "shared.utils"]


def lint(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    wide = os.environ | {"COLUMNS": "300", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the tree with every breach in it."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in ("services", "shared"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for breach in BREACHES:
        plant(copy, breach.importer, breach.form.format(imported=breach.imported))
        if breach.imported.startswith("services."):
            plant(copy, breach.imported, "")
    for stray in STRAYS:
        plant(copy, stray, '"""Everything and nothing."""\n')
    code, said = lint(copy)
    assert code == 1, said
    return said


def plant(root: Path, module: str, source: str) -> None:
    """Append to the module, whether it is a file or a folder, or make it."""
    base = root.joinpath(*module.split("."))
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    with file.open("a") as text:
        text.write("\n" + source)


def test_the_tree_keeps_every_rule() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    assert " 0 broken" in said


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.importer}-{breach.imported}")
def test_a_forbidden_import_is_reported(broken: str, breach: Breach) -> None:
    assert re.search(rf"^{breach.contract}.* BROKEN$", broken, re.MULTILINE)
    assert breach.reported.search(broken), broken


@pytest.mark.parametrize("stray", STRAYS)
def test_a_module_that_the_layers_do_not_name_is_reported(broken: str, stray: str) -> None:
    assert re.search(rf"^\s*-? *{re.escape(stray)}$", broken, re.MULTILINE), broken
