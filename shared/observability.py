"""Logs, traces and metrics, set up once per process.

Logs are structlog JSON with the trace's ids; an allow-list lets through only keys known to be free of personal data.
Traces follow one command to its last effect: the trace context lives on the history entry, spans of obligations are its
children, spans of batches only link. Exporting never blocks the work, and shutdown waits for it a bounded time.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

EXPORT_SECONDS = 3.0

ALLOWED = frozenset(
    "account again_in api_keys at attempt attempts batch blocked breaker channel code component count depth detail "
    "document elapsed_ms error event exc_info exception expected found host job kind lane level line location logger "
    "message_name method mode name new_keys number operation order outcome pages path pid port position product "
    "queue reason request retry_in revision route rows scope seconds series service shop signal since sku span_id "
    "state status step table task timestamp trace_id unsettled until url version waited worker".split()
)
"""Keys that may stand in a log line. Anything else is dropped: a name or an address can only leak under a new key."""


def get_logger(name: str) -> Any:
    """A structured logger; events are slugs such as `outbox.swept`."""
    return structlog.get_logger(name)


def configure_logging(level: str, format_: str) -> None:
    """Write to standard error, JSON or (for a person at a terminal) plain."""
    renderer: Any = structlog.dev.ConsoleRenderer() if format_ == "console" else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace,
            structlog.processors.format_exc_info,
            _only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True
    )


def configure_tracing(
    service: str, *, endpoint: str | None, sample: float, processors: Iterable[SpanProcessor] = ()
) -> None:
    """Install the process's tracer; without an endpoint nothing is exported (processors are for tests and viewers)."""
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(sample)),
        resource=Resource.create({"service.name": f"comptoir-{service}", "service.namespace": "comptoir"}),
        shutdown_on_exit=False,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # heavy, seldom needed

        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=EXPORT_SECONDS * 1000))
    trace.set_tracer_provider(provider)


def flush_traces() -> None:
    """Give what is buffered a bounded chance to leave."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(int(EXPORT_SECONDS * 1000))


def current_traceparent() -> str | None:
    """The W3C trace context of the running span, to be stored with a history entry."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def parse_traceparent(value: str | None) -> SpanContext | None:
    """The span context in a W3C `traceparent`; None for none or nonsense."""
    try:
        version, trace_id, span_id, flags = (value or "").split("-")
        context = SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
        )
    except ValueError:
        return None
    return context if context.is_valid and version == "00" else None


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    links: Iterable[str | None] = (),
    kind: SpanKind = SpanKind.INTERNAL,
    **attributes: str | int | float | bool,
) -> Iterator[Span]:
    """A span, child of `parent` (a traceparent) or of the running one; `links` are traceparents too.

    Keyword attributes become `comptoir.<name>`; they must be ids and figures, never a person's data.
    """
    remote = parse_traceparent(parent)
    context = trace.set_span_in_context(trace.NonRecordingSpan(remote)) if remote else None
    contexts = [found for found in map(parse_traceparent, links) if found]
    with trace.get_tracer("comptoir").start_as_current_span(
        name,
        context=context,
        kind=kind,
        links=[Link(found) for found in contexts],
        attributes={f"comptoir.{key}": value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as started:
        try:
            yield started
        except Exception as error:
            started.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _only_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}
