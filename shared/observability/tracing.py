"""Traces: one follows a command to its last effect.

The trace context lives on the history entry; spans of obligations are its children, spans of batches only link.
Exporting never blocks the work, and shutdown waits for it a bounded time. Neighbour: `logs`, which writes the trace's
ids into every line.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

EXPORT_SECONDS = 3.0


def configure_tracing(
    service: str, *, endpoint: str | None, sample: float, processors: Iterable[SpanProcessor] = ()
) -> None:
    """Install the process's tracer; without an endpoint nothing is exported (processors are for tests and viewers)."""
    trace.set_tracer_provider(tracer_provider(service, endpoint=endpoint, sample=sample, processors=processors))


def tracer_provider(
    service: str, *, endpoint: str | None, sample: float, processors: Iterable[SpanProcessor] = ()
) -> TracerProvider:
    """What `configure_tracing` installs: a caller's sampling decision wins over ours, and a full buffer drops spans."""
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
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def flush_traces() -> None:
    """Give what is buffered a bounded chance to leave, in a thread that the process's end does not wait for.

    The SDK's own time limit is per batch, and a full buffer has many.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        flushing = Thread(target=provider.force_flush, name="flush-traces", daemon=True)
        flushing.start()
        flushing.join(EXPORT_SECONDS)


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
