"""Many PDFs as one, for a printer: the pages alone, without what is attached to them."""

from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO

import pikepdf


def merge(contents: Sequence[bytes]) -> bytes:
    """The pages of all, in their order; the same PDFs give the same bytes."""
    written = BytesIO()
    with ExitStack() as open_ones, pikepdf.new() as whole:
        for content in contents:  # each is read when the whole is written
            whole.pages.extend(open_ones.enter_context(pikepdf.open(BytesIO(content))).pages)
        whole.save(written, deterministic_id=True)
    return written.getvalue()
