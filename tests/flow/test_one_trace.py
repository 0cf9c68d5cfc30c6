"""One trace from the click to the callback: the command's trace id is found on every effect it had."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.eventually import eventually
from tests.flow.suite import Suite, order_body, parcel
from tests.recording import recorded_spans

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLICK = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What this process records from now on."""
    with recorded_spans() as recorded:
        yield recorded


async def test_one_trace_from_click_to_callback(suite: Suite, spans: InMemorySpanExporter) -> None:
    sku = await suite.product(stock=1)
    body = order_body((sku, 1), channel="ebay", external_id=f"17-{sku}")
    body["lines"][0]["external_id"] = "9876543210"
    response = await suite.client.post("/api/v1/orders", json=body)
    assert response.status_code == 201, response.text
    code = response.json()["code"]
    await suite.settled(code)
    spans.clear()

    command = {"status": "shipped", "shipment": parcel("EB123456789FR")}
    path = f"/api/v1/orders/{code}/status"
    response = await suite.client.post(path, json=command, headers={"traceparent": CLICK})
    assert response.status_code == 200, response.text
    assert response.headers["Comptoir-Trace"] == TRACE
    await suite.settled(code)

    def traced() -> set[str]:
        names = {span.name for span in spans.get_finished_spans() if _trace_of(span) == TRACE}
        assert {"POST request", "render document", "inventory.reserve"} <= names, names
        assert any("ebay" in name for name in names), names
        assert any("mail" in name for name in names), names
        return names

    await eventually(traced)
    batches = [span for span in spans.get_finished_spans() if span.name.startswith("process orders.order")]
    linked = [link.context.trace_id for span in batches for link in span.links]
    assert int(TRACE, 16) in linked, "spans of batches link to the commands they apply"
    assert all(_trace_of(span) != TRACE for span in batches), "and belong to no single one"


def _trace_of(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}" if span.context else ""
