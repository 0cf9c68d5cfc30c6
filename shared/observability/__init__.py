"""Logs, traces and metrics, set up once per process.

`logs` says what happened without saying whom it happened to, `tracing` follows a command to its last effect, `errors`
describes an exception without its text. Metrics are prometheus_client's, in the module that owns each.
"""

from shared.observability.errors import describe
from shared.observability.logs import ALLOWED, configure_logging, get_logger
from shared.observability.tracing import (
    configure_tracing,
    current_traceparent,
    flush_traces,
    parse_traceparent,
    span,
)

__all__ = [
    "ALLOWED",
    "configure_logging",
    "configure_tracing",
    "current_traceparent",
    "describe",
    "flush_traces",
    "get_logger",
    "parse_traceparent",
    "span",
]
