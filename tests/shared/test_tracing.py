"""Traces follow a command by what is stored with it, and a collector that is away costs the work nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.status import StatusCode
from prometheus_client import generate_latest

from shared.batch import Consumer
from shared.contracts import Order
from shared.observability import current_traceparent, flush_traces, parse_traceparent, span, tracing
from shared.outbox import Outbox, Transaction
from tests.shared.hearing import hear
from tests.shared.model import order

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOT_SAMPLED = CALLER[:-2] + "00"
CANARY = "jeanne.dupont@example.invalid"
Provide = Callable[..., TracerProvider]


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Provide:
    """Installs a tracer of this test's own, whatever the process has."""

    def install(*, endpoint: str | None = None, sample: float = 1.0, **options: object) -> TracerProvider:
        made = tracing.tracer_provider("test", endpoint=endpoint, sample=sample, **options)  # type: ignore[arg-type]
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", made)
        return made

    return install


@pytest.fixture
def spans(provide: Provide) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provide(processors=[SimpleSpanProcessor(exporter)])
    return exporter


class TestContext:
    def test_a_command_stored_and_taken_up_later_is_one_trace(self, spans: InMemorySpanExporter) -> None:
        with span("POST request", parent=CALLER):
            stored = current_traceparent()
        with span("send mail", parent=stored):
            pass
        first, second = spans.get_finished_spans()
        assert first.parent is not None
        assert second.parent is not None
        assert f"{first.context.trace_id:032x}" == CALLER[3:35]
        assert f"{first.parent.span_id:016x}" == CALLER[36:52]
        assert second.context.trace_id == first.context.trace_id
        assert second.parent.span_id == first.context.span_id

    def test_links_do_not_make_children(self, spans: InMemorySpanExporter) -> None:
        with span("process", links=[CALLER, None, "nonsense", CALLER]):
            pass
        [batch] = spans.get_finished_spans()
        assert batch.parent is None
        assert [f"{link.context.trace_id:032x}" for link in batch.links] == [CALLER[3:35]] * 2

    @pytest.mark.parametrize(
        "value",
        [None, "", "nonsense", "00-0-0-0", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "ff" + CALLER[2:], "-" * 9],
    )
    def test_nonsense_is_no_parent(self, spans: InMemorySpanExporter, value: str | None) -> None:
        assert parse_traceparent(value) is None
        with span("request", parent=value):
            pass
        [started] = spans.get_finished_spans()
        assert started.parent is None

    def test_without_a_span_there_is_nothing_to_store(self) -> None:
        assert current_traceparent() is None

    def test_an_error_is_its_kind(self, spans: InMemorySpanExporter) -> None:
        with pytest.raises(ValueError, match="dupont"), span("request", order="o1"):
            raise ValueError(CANARY)
        [failed] = spans.get_finished_spans()
        assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "ValueError")
        assert dict(failed.attributes or {}) == {"comptoir.order": "o1"}
        assert "dupont" not in failed.to_json()

    @pytest.mark.parametrize(
        ("sample", "parent", "kept"), [(0.0, None, 0), (1.0, None, 1), (0.0, CALLER, 1), (1.0, NOT_SAMPLED, 0)]
    )
    def test_the_callers_decision_wins_over_our_sample(
        self, provide: Provide, sample: float, parent: str | None, kept: int
    ) -> None:
        exporter = InMemorySpanExporter()
        provide(sample=sample, processors=[SimpleSpanProcessor(exporter)])
        with span("request", parent=parent):
            stored = current_traceparent()
        with span("effect", parent=stored):
            pass
        assert len(exporter.get_finished_spans()) == 2 * kept

    async def test_a_batch_links_to_the_commands_it_hears_of(
        self, spans: InMemorySpanExporter, outbox: Outbox, consumer: Consumer[Order, Transaction]
    ) -> None:
        entry = {
            "id": "e1",
            "version": 1,
            "at": "2026-03-01T10:00:00Z",
            "texts": {"name": "New"},
            "traceparent": CALLER,
        }
        body = order().model_dump(mode="json") | {
            "entries": [entry | {"status": {"mnemonic": "n", "type": "received"}}]
        }
        await hear(consumer, Order.model_validate(body).encode())
        [batch] = [found for found in spans.get_finished_spans() if found.name == "process orders.order.v1"]
        assert [f"{link.context.trace_id:032x}" for link in batch.links] == [CALLER[3:35]]


class Collector(BaseHTTPRequestHandler):
    """An OTLP/HTTP receiver: takes spans, or refuses them all, once it answers."""

    taken: list[ExportTraceServiceRequest]
    status = 200
    answers: Event

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append(request)
        self.answers.wait()
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def collector(status: int = 200, *, hangs: bool = False) -> Iterator[tuple[str, type[Collector]]]:
    answers = Event()
    if not hangs:
        answers.set()
    handler = type("Handler", (Collector,), {"taken": [], "status": status, "answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()


class TestExport:
    def test_spans_reach_a_collector(self, provide: Provide) -> None:
        with collector() as (endpoint, asked):
            provider = provide(endpoint=endpoint)
            with span("POST request", parent=CALLER, order="o1"), span("commit"):
                pass
            flush_traces()
            provider.shutdown()
        [resource] = [resource for request in asked.taken for resource in request.resource_spans]
        attributes = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
        assert attributes["service.name"] == "comptoir-test"
        found = {found.name: found for scope in resource.scope_spans for found in scope.spans}
        assert found["POST request"].trace_id.hex() == CALLER[3:35]
        assert found["commit"].parent_span_id == found["POST request"].span_id

    @pytest.mark.parametrize("status", [400, 503])
    def test_a_collector_that_refuses_disturbs_nobody(self, provide: Provide, impatient: None, status: int) -> None:
        with collector(status) as (endpoint, asked):
            work_and_stop(provide(endpoint=endpoint)).join()
        assert asked.taken

    def test_a_collector_that_is_away_disturbs_nobody(self, provide: Provide, impatient: None) -> None:
        work_and_stop(provide(endpoint="http://127.0.0.1:1")).join()

    def test_nobody_waits_for_a_collector_that_hangs(self, provide: Provide, monkeypatch: pytest.MonkeyPatch) -> None:
        """With more spans than the buffer takes, and as long as the first export is still on its way."""
        with collector(hangs=True) as (endpoint, asked):
            monkeypatch.setattr(tracing, "EXPORT_SECONDS", 100.0)
            made = provide(endpoint=endpoint)
            monkeypatch.setattr(tracing, "EXPORT_SECONDS", 0.3)
            stopping = work_and_stop(made)
            assert len(asked.taken) == 1
            assert stopping.is_alive()
            asked.answers.set()
            stopping.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "EXPORT_SECONDS", 0.3)


def work_and_stop(provider: TracerProvider) -> Thread:
    """More spans than the buffer takes, then the end of the process.

    A test waits for that: an export that goes on trying draws from the `random` of the tests after it.
    """
    for _ in range(5000):
        with span("work"):
            pass
    flush_traces()
    stopping = Thread(target=provider.shutdown, daemon=True)
    stopping.start()
    return stopping


def test_metrics_have_our_names_and_no_persons() -> None:
    text = generate_latest().decode()
    for name in (
        "comptoir_outbox_rows",
        "comptoir_outbox_oldest_seconds",
        "comptoir_outbox_published_total",
        "comptoir_messages_heard_total",
        "comptoir_batch_messages_bucket",
    ):
        assert f"# TYPE {name.removesuffix('_bucket').removesuffix('_total')}" in text or name in text
