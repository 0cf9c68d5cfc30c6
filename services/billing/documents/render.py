"""Typesetting: one snapshot in, the bytes of one PDF/A out, the same every time.

The template sees the view and its own folder, nothing else: no file outside it, no package, no clock, no font of the
machine. A name in a script that our typefaces lack must not keep an invoice from its client: then the document is a
plain PDF with boxes in it, since PDF/A refuses a missing character, and whoever keeps it says so (`is_archivable`).
Each thread keeps a compiler of its own. Neighbours: `view` (what is printed), `typesetters` (processes that do this
beside one another).
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pikepdf
import typst
from pikepdf import Name

from services.billing.documents import first_view
from services.billing.documents.looks import PLAIN_LOOK, Look
from services.billing.documents.view import view

MEDIA_TYPE = "application/pdf"
ROLL = "80mm"

_HERE = Path(__file__).parent
_KINDS = {"order": "order_form"}
"""Kinds that have another one's layout."""

Standard = Literal["a-3b"]
_ATTEMPTS: tuple[Standard | None, ...] = ("a-3b", None)

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
    for standard in _ATTEMPTS:
        try:
            return _compile(job, standard)
        except typst.TypstError as refused:
            error = error or refused
    raise error or TypeError("typst gave no PDF")


def is_archivable(pdf: bytes) -> bool:
    """Whether a document that was typeset here is PDF/A: then it says how its colours are to be understood."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return Name.OutputIntents in document.Root


def missing_characters(text: str) -> str:
    """Those that none of the typefaces has."""
    return "" if _is_printable(text) else "".join(one for one in dict.fromkeys(text) if not _is_printable(one))


def _is_printable(text: str) -> bool:
    try:
        _compiler().compile(
            _HERE / "templates/2/text.typ",
            format="pdf",
            sys_inputs={"text": text},
            pdf_standards="a-3b",
            timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        )
    except typst.TypstError:
        return False
    return True


def _compile(job: Job, standard: Standard | None) -> bytes:
    content = bare(job, standard)()
    if not isinstance(content, bytes):
        raise TypeError("typst gave no PDF")
    return content


def bare(job: Job, standard: Standard | None = "a-3b") -> Callable[[], object]:
    """The compilation alone, with all that goes into it made; the bench compares it with the whole."""
    return partial(
        _compiler().compile,
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
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[_HERE / "fonts"])


def _compiler() -> typst.Compiler:
    if not hasattr(_of_thread, "compiler"):
        _of_thread.compiler = typst.Compiler(root=_HERE / "templates", font_paths=_fonts())
    compiler: typst.Compiler = _of_thread.compiler
    return compiler
