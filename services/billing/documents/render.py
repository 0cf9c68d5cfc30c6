"""Typesetting: one view in, the bytes of one PDF/A out, the same every time.

typst compiles in Rust and lets other Python threads run meanwhile, so callers put this on a thread; each thread keeps
compilers of its own. The template sees the view and its own folder, nothing else: no file outside it, no package, no
clock. A name in a script that our typeface lacks must not keep an invoice from its client: then the machine's fonts
may help out, and where they cannot, the document is a plain PDF, since PDF/A refuses a missing character.
"""

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from services.billing.documents.view import view

MEDIA_TYPE = "application/pdf"

_HERE = Path(__file__).parent
_TEMPLATES = {1: "document.typ"}
"""By the template number in the snapshot; an old number keeps its file."""

_ATTEMPTS: tuple[tuple[bool, Literal["a-3b"] | None], ...] = ((False, "a-3b"), (True, "a-3b"), (True, None))
"""Whether to use the machine's fonts, and the PDF standard to keep."""

_of_thread = threading.local()


def render(snapshot: Mapping[str, Any]) -> bytes:
    """The PDF of a document; raises `typst.TypstError` when it cannot be set at all."""
    error: typst.TypstError | None = None
    for system_fonts, standard in _ATTEMPTS:
        try:
            return _compile(snapshot, system_fonts, standard)
        except typst.TypstError as refused:
            error = error or refused
    raise error or TypeError("typst gave no PDF")


def _compile(snapshot: Mapping[str, Any], system_fonts: bool, standard: Literal["a-3b"] | None) -> bytes:
    content = _compiler(system_fonts).compile(
        _HERE / "templates" / _TEMPLATES[snapshot["template"]],
        format="pdf",
        sys_inputs={"view": json.dumps(view(snapshot), ensure_ascii=False)},
        pdf_standards=standard,
        timestamp=datetime.fromisoformat(snapshot["issued_on"]).replace(hour=12, tzinfo=UTC),
    )
    if not isinstance(content, bytes):
        raise TypeError("typst gave no PDF")
    return content


@cache
def _fonts(system_fonts: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system_fonts, font_paths=[_HERE / "fonts"])


def _compiler(system_fonts: bool) -> typst.Compiler:
    compilers: dict[bool, typst.Compiler] = _of_thread.__dict__.setdefault("compilers", {})
    if system_fonts not in compilers:
        compilers[system_fonts] = typst.Compiler(root=_HERE / "templates", font_paths=_fonts(system_fonts))
    return compilers[system_fonts]
