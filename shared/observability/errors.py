"""An exception for a log line: its kind, its codes and where it came from, never its text.

Texts of exceptions quote what they stumbled over: a row with a client's address, a mail server's reply, a URL with a
token. Kind and place are enough to find the line of code; the rest is in the debugger.
"""

import traceback
from collections.abc import Iterator
from itertools import islice

OURS = ("services/", "shared/")
INSTALLED = "/site-packages/"
CAUSES = 3
FRAMES = 8


def describe(error: BaseException, *, frames: int = 1) -> str:
    """`IntegrityError[23505] at shared/outbox/__init__.py:84 in write_out, from UniqueViolationError …`."""
    chain = islice(_causes(error), CAUSES)
    first, *causes = [f"{_kind(found)}{_place(found, frames if found is error else 1)}" for found in chain]
    return ", from ".join([first, *causes])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> str:
    """The class, with the code that a database or the operating system gave."""
    cause = getattr(error, "orig", None) or error
    for name in ("sqlstate", "sqlite_errorname", "errno"):
        code = getattr(cause, name, None)
        if isinstance(code, str | int):
            return f"{type(error).__name__}[{code}]"
    return type(error).__name__


def _place(error: BaseException, frames: int) -> str:
    """The innermost frames of our own code; where there are none, the innermost of all."""
    found = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in found if _short(frame.filename).startswith(OURS)]
    shown = (ours or list(found))[-frames:]
    places = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in shown]
    return " at " + " > ".join(places) if places else ""


def _short(path: str) -> str:
    for ours in OURS:
        before, found, rest = path.rpartition(f"/{ours}")
        if found and INSTALLED not in before:
            return ours + rest
    return path.rpartition(INSTALLED)[2]
