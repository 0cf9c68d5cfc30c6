"""Typesetting: one snapshot in, the bytes of one PDF/A out, the same every time.

The template sees the view and its own folder, nothing else: no file outside it, no package, no clock. A name in a
script that our typefaces lack must not keep an invoice from its client: then the machine's fonts may help out, and
where they cannot, the document is a plain PDF, since PDF/A refuses a missing character. Each thread keeps compilers of
its own. Neighbours: `view` (what is printed), `typesetters` (processes that do this beside one another).
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import typst

from services.billing.documents import first_view
from services.billing.documents.looks import PLAIN_LOOK, Look
from services.billing.documents.view import view

MEDIA_TYPE = "application/pdf"
ROLL = "80mm"

_HERE = Path(__file__).parent
_KINDS = {"order": "order_form"}
"""Kinds that have another one's layout."""

_ATTEMPTS: tuple[tuple[bool, Literal["a-3b"] | None], ...] = ((False, "a-3b"), (True, "a-3b"), (True, None))
"""Whether to use the machine's fonts, and the PDF standard to keep."""

_of_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Job:
    """What to typeset. An original has the look it was issued with, its own language, and no mark."""

    snapshot: Mapping[str, Any]
    look: Look = PLAIN_LOOK
    language: str | None = None
    mark: str | None = None
    paper: str = "a4"


def render(job: Job) -> bytes:
    """The PDF of a document; raises `typst.TypstError` when it cannot be set at all."""
    error: typst.TypstError | None = None
    for system_fonts, standard in _ATTEMPTS:
        try:
            return _compile(job, system_fonts, standard)
        except typst.TypstError as refused:
            error = error or refused
    raise error or TypeError("typst gave no PDF")


def _compile(job: Job, system_fonts: bool, standard: Literal["a-3b"] | None) -> bytes:
    content = bare(job, system_fonts, standard)()
    if not isinstance(content, bytes):
        raise TypeError("typst gave no PDF")
    return content


def bare(job: Job, system_fonts: bool = False, standard: Literal["a-3b"] | None = "a-3b") -> Callable[[], object]:
    """The compilation alone, with all that goes into it made; the bench compares it with the whole."""
    return partial(
        _compiler(system_fonts).compile,
        _HERE / "templates" / _template(job),
        format="pdf",
        sys_inputs={"view": json.dumps(_view(job), ensure_ascii=False)},
        pdf_standards=standard,
        timestamp=datetime.fromisoformat(job.snapshot["issued_on"]).replace(hour=12, tzinfo=UTC),
    )


def _original_of_template_1(job: Job) -> bool:
    """A document issued under template 1 keeps it; a copy of one is set like any new document."""
    return bool(job.snapshot["template"] == 1 and job.mark is None)


def _template(job: Job) -> str:
    if _original_of_template_1(job):
        return "document.typ"
    kind = _KINDS.get(job.snapshot["kind"], job.snapshot["kind"])
    return f"2/{kind}_{ROLL}.typ" if job.paper == ROLL else f"2/{kind}.typ"


def _view(job: Job) -> dict[str, Any]:
    if _original_of_template_1(job):
        return first_view.view(job.snapshot)
    return view(job.snapshot, job.look, language=job.language, mark=job.mark)


@cache
def _fonts(system_fonts: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system_fonts, font_paths=[_HERE / "fonts"])


def _compiler(system_fonts: bool) -> typst.Compiler:
    compilers: dict[bool, typst.Compiler] = _of_thread.__dict__.setdefault("compilers", {})
    if system_fonts not in compilers:
        compilers[system_fonts] = typst.Compiler(root=_HERE / "templates", font_paths=_fonts(system_fonts))
    return compilers[system_fonts]
