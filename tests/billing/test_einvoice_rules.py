"""E-invoices under the official rules: Factur-X EN 16931 (CII), CEN (UBL), the French BR-FR (both), and the schemas.

The rules run in a process of their own over the whole matrix at once. That they would find something is shown by
documents with one mistake each. What they do not find is held by `test_einvoice_amounts`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.billing.einvoice import cii, obstacle, ubl
from tests.billing import schematron
from tests.billing.einvoice_cases import CASES, documents

SYNTAXES: dict[str, Callable[[Any], bytes | None]] = {"cii": cii, "ubl": ubl}


def check(folder: Path) -> dict[str, list[str]]:
    """The findings by file."""
    done = subprocess.run(
        [sys.executable, schematron.__file__, folder], capture_output=True, check=False, text=True, timeout=580
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_rule_finds_anything(tmp_path: Path) -> None:
    """Over every kind of sale, invoice and credit note; both syntaxes."""
    count = 0
    for name, case, content in documents():
        assert obstacle(content) is None, name
        categories = {(row["category"], row.get("exemption", {}).get("code")) for row in content["rates"]}
        assert categories == {(case.category, case.code)}, name
        for syntax, write in SYNTAXES.items():
            marked = name if case.french else f"{name}.abroad"
            (tmp_path / f"{marked}.{syntax}.xml").write_bytes(write(content) or b"")
        count += 1
    assert count >= 500
    found = check(tmp_path)
    assert len(found) == 2 * count
    assert {name: findings for name, findings in found.items() if findings} == {}


MUTATIONS: dict[str, tuple[str, str, str]] = {
    "total": ("GrandTotalAmount", "TaxInclusiveAmount", "BR-CO-15"),
    "tax": ("TaxTotalAmount", "TaxAmount", "BR-CO-14"),
    "line": ("LineTotalAmount", "LineExtensionAmount", "BR-CO-10"),
    "country": ("CountryID", "IdentificationCode", "BR-09"),
    "notes": ("SubjectCode>PMT", "Note>#PMT", "BR-FR-05"),
}


def test_a_mistake_is_found(tmp_path: Path) -> None:
    """One cent more in a total, the tax or a line; no country; no note on recovery costs."""
    content = next(content for name, _, content in documents() if name == "business-fr-net-plain-invoice")
    for name, names in MUTATIONS.items():
        for syntax, tag in zip(SYNTAXES, names, strict=False):
            text = (SYNTAXES[syntax](content) or b"").decode()
            changed = _without(text, tag) if name in ("country", "notes") else _dearer(text, tag)
            assert changed != text, name
            (tmp_path / f"{name}.{syntax}.xml").write_text(changed)
    found = check(tmp_path)
    assert all(found.values()), [name for name, findings in found.items() if not findings]
    for name, (_, _, rule) in MUTATIONS.items():
        for syntax in SYNTAXES:
            assert any(rule in finding for finding in found[f"{name}.{syntax}.xml"]), (name, found)


def _dearer(text: str, tag: str) -> str:
    """The first amount of this name, a cent more."""
    return re.sub(rf"(:{tag}\b[^>]*>)([0-9.]+)", lambda match: f"{match[1]}{float(match[2]) + 0.01:.2f}", text, count=1)


def _without(text: str, tag: str) -> str:
    """The first element of this name (and content) taken away."""
    name, _, content = tag.partition(">")
    return re.sub(rf"<(\w+):{name}\b[^>]*>{content}[^<]*</\1:{name}>", "", text, count=1)


def test_every_case_is_its_own() -> None:
    assert {case.category for case in CASES.values()} == {"S", "Z", "E", "AE", "K", "G", "O"}
