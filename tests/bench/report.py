"""The figures of a run: `var/bench.json` for machines, `docs/benchmarks.md` for people."""

import os
import platform
import statistics
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil

from tests.bench import rendering
from tests.bench.changes import Sample
from tests.bench.contention import BUYERS, Contended
from tests.bench.files import Transferred
from tests.bench.installation import ROOT
from tests.bench.numbering import BATCH, Numbered
from tests.bench.rendering import Typesetting

JSON = ROOT / "var" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"
KINDS = {
    "mail": "mail",
    "sms": "SMS",
    "invoice": "invoice, PDF included",
    "amazon": "Amazon `confirmShipment` (2 a second after the first 10)",
    "ebay": "eBay `createShippingFulfillment`",
    "shipment": "the shipment itself: what leaves stock",
    "settled": "settled: every service has heard it, nothing is open",
}


@dataclass(slots=True)
class Figures:
    """Everything that was measured: CPU and delays in ms or s as the names say, memory in MB."""

    ours: list[Sample] = field(default_factory=list)
    floor: list[Sample] = field(default_factory=list)
    effects: dict[str, float] = field(default_factory=dict)
    delays: dict[str, list[float]] = field(default_factory=dict)
    standing: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    contended: dict[str, Contended] = field(default_factory=dict)
    numbered: Numbered | None = None
    typesetting: Typesetting = field(default_factory=Typesetting)
    files: Transferred | None = None
    machine: list[str] = field(default_factory=list)

    @property
    def cost(self) -> float:
        return statistics.median(sample.cpu_ms for sample in self.ours)

    @property
    def least(self) -> float:
        return statistics.median(sample.cpu_ms for sample in self.floor)


def write_json(figures: Figures) -> None:
    """Every raw sample."""
    JSON.parent.mkdir(exist_ok=True)
    content = {
        "order_change_cpu_ms": figures.cost,
        "order_change_floor_cpu_ms": figures.least,
        "order_change_samples": [sample.cpu_ms for sample in figures.ours],
        "order_change_floor_samples": [sample.cpu_ms for sample in figures.floor],
        "order_changes_per_sample": figures.ours[0].changes,
        "order_changes_per_second": [sample.changes / sample.wall_seconds for sample in figures.ours],
        "effect_cpu_ms": figures.effects,
        "delay_seconds": figures.delays,
        "memory_mb": figures.memory,
        "contention": figures.contended,
        "numbering": figures.numbered,
        "typesetting": figures.typesetting,
        "files": figures.files,
        **figures.standing,
    }
    JSON.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def write_page(figures: Figures) -> None:
    """The page for people."""
    PAGE.write_text("\n".join(_lines(figures)) + "\n")


def machine(postgres: str, rabbitmq: str) -> list[str]:
    """What it was measured on, with the versions of these servers."""
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, PostgreSQL {postgres} (fsync on), RabbitMQ {rabbitmq}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _commit() -> str:
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def _lines(figures: Figures) -> list[str]:
    speed = statistics.median(sample.changes / sample.wall_seconds for sample in figures.ours)
    standing = figures.standing
    return [
        "# Benchmarks",
        "",
        f"`make bench` wrote this page on {datetime.now(UTC):%Y-%m-%d} at commit {_commit()}; the raw samples are in",
        "`var/bench.json`. Everything ran on one machine, with the servers and the load beside it: the ratios hold",
        "elsewhere, the milliseconds do not. Beside it: [a million orders](benchmarks-large.md), and",
        "[10,000 deliveries at once](benchmarks-deliveries.md).",
        "",
        *(f"- {line}" for line in figures.machine),
        "",
        "## An order change",
        "",
        "From its commit in orders until inventory, billing and notifications have answered and orders has settled it:",
        f"two lines, received → processing, no mail or invoice, {figures.ours[0].changes} changes let out at once.",
        "The floor, `tests/bench/floor.py`, sends the same messages and writes the same rows on aio-pika and asyncpg.",
        "",
        "| | CPU ms a change |",
        "|---|---|",
        f"| Comptoir, all processes | {figures.cost:.2f} |",
        f"| floor | {figures.least:.2f} |",
        f"| **ratio** | **{figures.cost / figures.least:.2f}** |",
        "",
        f"That is {speed:.0f} changes settled a second on this machine.",
        "",
        "## What an effect adds",
        "",
        "CPU of our processes beyond the change that asks for it, and the time from the request until its receiver has",
        "it (one order after the other, nothing else going on).",
        "",
        "| effect | CPU ms | median delay ms | p95 ms |",
        "|---|---|---|---|",
        *(_effect(figures, kind, words) for kind, words in KINDS.items()),
        "",
        "## Orders accepted",
        "",
        f"{standing['orders_accepted_per_second']:.0f} two-line orders a second from 16 clients;",
        f"{standing['orders_accepted_cpu_ms']:.1f} ms CPU of orders each, until it is settled.",
        "",
        *_contention(figures),
        *_numbering(figures),
        *rendering.page(figures.typesetting),
        *(_files(figures.files) if figures.files else []),
        "## Standing still",
        "",
        "| process | resident MB after the load above |",
        "|---|---|",
        *(f"| {name} | {mb:.0f} |" for name, mb in figures.memory.items()),
        "",
        f"`make run`: {standing['embedded_idle_mb']:.0f} MB at rest,",
        f"{standing['embedded_idle_cpu_percent']:.1f} % of a core; first start",
        f"{standing['embedded_first_start_seconds']:.1f} s with migrations and the demonstration shop,",
        f"later ones {standing['embedded_start_seconds']:.1f} s.",
    ]


def _contention(figures: Figures) -> list[str]:
    return [
        "## Many buyers of the same stock",
        "",
        f"{BUYERS} clients, half of what they want is there, two processes of inventory; from the moment the orders",
        "are let out until each is reserved or waits. The floor is raw SQL on as many connections: a transaction each,",
        "a conditional UPDATE a SKU in one order for all, one INSERT; it tells nobody and keeps no waiting list.",
        "",
        "| | baskets a second | raw SQL | ratio | deadlocks |",
        "|---|---|---|---|---|",
        *(_contended(name, case) for name, case in figures.contended.items()),
        "",
    ]


def _numbering(figures: Figures) -> list[str]:
    """Nothing where it was not measured."""
    if (found := figures.numbered) is None:
        return []
    gain, floor_gain = found.batched / found.alone, found.floor_batched / found.floor_alone
    return [
        "## Numbering invoices",
        "",
        "One series and one writer, from the order as heard to the sealed invoice, without its PDF; the floor is a",
        "counter row and an INSERT of 2 kB in raw SQL.",
        "",
        "| | one a transaction | in batches | gain |",
        "|---|---|---|---|",
        f"| Comptoir, invoices a second (batches of {BATCH}) | {found.alone:.0f} | {found.batched:.0f} | {gain:.1f} |",
        f"| raw SQL | {found.floor_alone:.0f} | {found.floor_batched:.0f} | {floor_gain:.1f} |",
        "",
    ]


def _contended(name: str, case: Contended) -> str:
    ours, floor = case.baskets / case.seconds, case.baskets / case.floor_seconds
    return f"| {name} | {ours:.0f} | {floor:.0f} | {ours / floor:.2f} | {case.deadlocks} |"


def _files(files: Transferred) -> list[str]:
    ours, floor = (60 * files.orders / seconds for seconds in (files.import_seconds, files.floor_seconds))
    return [
        "## Orders in files",
        "",
        f"{files.orders} orders of three lines in Shopify's columns, sent as one file and taken over by a job, until",
        "the last one is there. The floor reads the same file and writes as many rows in raw SQL; it checks nothing.",
        "",
        "| | a minute |",
        "|---|---|",
        f"| orders taken over | {ours:.0f} |",
        f"| floor | {floor:.0f} |",
        f"| **ratio** | **{ours / floor:.3f}** |",
        "",
        f"The job needed {files.import_mb:.0f} MB beyond rest. Written out again as CSV: "
        f"{files.exported_rows / files.export_seconds:.0f} lines a second",
        f"({files.exported_rows} lines, {files.export_mb:.0f} MB beyond rest).",
        "",
    ]


def _effect(figures: Figures, kind: str, words: str) -> str:
    cost = f"{figures.effects[kind]:.1f}" if kind in figures.effects else ""
    delays = sorted(1000 * delay for delay in figures.delays.get(kind, []))
    if not delays:
        return f"| {words} | {cost} | | |"
    late = delays[min(len(delays) - 1, round(0.95 * len(delays)))]
    return f"| {words} | {cost} | {statistics.median(delays):.0f} | {late:.0f} |"
