"""What this process writes down for operators, for tests that read it: spans and log lines from now on.

OpenTelemetry takes one provider in a process's life, so spans are added to the one that is there; log settings are put
back as they were.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.observability import configure_logging


@contextmanager
def recorded_spans() -> Iterator[InMemorySpanExporter]:
    """Every span that ends from now on."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(shutdown_on_exit=False)
        trace.set_tracer_provider(provider)
    spans = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    yield spans
    spans.shutdown()


@contextmanager
def logging_as_deployed(level: str) -> Iterator[None]:
    """Lines of JSON on standard error, our own and those of other libraries."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, former = root.handlers[:], root.level
    configure_logging(level, "json")
    yield
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, former
