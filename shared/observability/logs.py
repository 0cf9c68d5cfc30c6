"""Log lines of ids and figures: JSON by structlog, with the trace's ids, and free of personal data by construction.

Only keys of an allow-list pass, exceptions are described without their texts, and what other libraries log is reduced
to its template, without the values they meant to fill in.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from opentelemetry import trace

from shared.observability.errors import FRAMES, describe

_WORDS = """
again_in attempt attempts breaker call channel code component count depth document error event exception job kind lane
level logger message_name method mode number order outcome pages pid port position queue retry_in revision route rows
scope seconds series service shop signal sku span_id state status step table task timestamp
trace_id trouble verb version
"""
ALLOWED = frozenset(_WORDS.split())
"""Keys that may stand in a log line. Anything else is dropped: a name or an address can only leak under a new key."""

TEMPLATE_LENGTH = 200
Event = MutableMapping[str, Any]


def get_logger(name: str) -> Any:
    """A structured logger; events are slugs such as `outbox.swept`.

    An exception goes in as `error=` (one place) or `exc_info=` (several), as the object and never as its text.
    """
    return structlog.get_logger(component=name)


def configure_logging(level: str, format_: str) -> None:
    """Write to standard error, JSON or (for a person at a terminal) plain; other libraries from WARNING on."""
    _configure(level, format_)
    renderer: Any = structlog.get_config()["processors"][-1]
    handler = _ToStandardError()
    handler.setFormatter(_Foreign(renderer))
    logging.raiseExceptions = False  # a line that cannot be written would be shown with its values
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _configure(level: str, format_: str) -> None:
    renderer: Any = structlog.dev.ConsoleRenderer() if format_ == "console" else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *_PROCESSORS,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # what it is when the line is written
        cache_logger_on_first_use=False,
    )


class _ToStandardError(logging.Handler):
    """Writes to what standard error is when the line is written."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except (OSError, ValueError):
            self.handleError(record)


class _Foreign(logging.Formatter):
    """Other libraries' records: the first line of the template, the logger, and the exception without its text."""

    def __init__(self, renderer: Any) -> None:
        super().__init__()
        self._renderer = renderer

    def format(self, record: logging.LogRecord) -> str:
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        event: Any = {
            "event": template.partition("\n")[0][:TEMPLATE_LENGTH],
            "logger": record.name,
            "level": record.levelname.lower(),
        }
        if record.exc_info and record.exc_info[1]:
            event["exc_info"] = record.exc_info[1]
        for processor in _PROCESSORS:
            event = processor(None, record.levelname.lower(), event)
        return str(self._renderer(None, record.levelname.lower(), event))


def _add_trace(_logger: Any, _method: str, event: Event) -> Event:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _describe_errors(_logger: Any, _method: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = describe(error, frames=FRAMES)
    error = event.get("error")
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    elif isinstance(error, str):  # somebody's repr(): the class is what is left of it
        event["error"] = error.partition("(")[0].partition(":")[0].partition(" ")[0]
    return event


def _only_allowed(_logger: Any, _method: str, event: Event) -> Mapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


_PROCESSORS: tuple[Any, ...] = (
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_trace,
    _describe_errors,
    _only_allowed,
)
_configure("INFO", "console")  # a process, or a test, that sets nothing up writes no exception's text either
