"""What typesetting costs: CPU of one document of each kind, warm, beside a bare typst compilation of the same view.

Then how many a second one thread, two threads and processes set, beside what the machine gives two processes that only
count: on a machine with other work the last one says what the others are worth. `python -m tests.bench.rendering` runs
this alone. Every document has a number of its own, since typst remembers what it has seen.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing import get_context

from services.billing.documents import Job, render
from services.billing.documents.render import bare
from services.billing.documents.typesetters import Typesetters
from tests.billing.samples import SAMPLES

KINDS = ("invoice-fr", "invoice-themed", "credit-note", "order-form", "receipt-80mm", "packing-slip")
EACH = 40
MANY = 80
ROUNDS = 3
STEPS = 6_000_000

_numbers = count(1)


@dataclass(slots=True)
class Typesetting:
    """CPU ms a document by kind, ours and bare; documents a second by what sets them; how far two processes count."""

    cpu_ms: dict[str, float] = field(default_factory=dict)
    bare_ms: dict[str, float] = field(default_factory=dict)
    per_second: dict[str, float] = field(default_factory=dict)
    counting: float = 0.0


def measure() -> Typesetting:
    """Everything, in this process and those it starts."""
    found = Typesetting()
    for kind in KINDS:
        list(map(render, fresh(kind, 3)))
        samples = [(_cpu_ms(render, fresh(kind, EACH)), _bare_ms(kind)) for _ in range(ROUNDS)]
        found.cpu_ms[kind], found.bare_ms[kind] = (statistics.median(column) for column in zip(*samples, strict=True))
    found.per_second = asyncio.run(_per_second())
    found.counting = _counting()
    return found


def fresh(kind: str, many: int) -> Sequence[Job]:
    """Documents that were never set before."""
    job = SAMPLES[kind]
    return [replace(job, snapshot=dict(job.snapshot, number=f"FA-{next(_numbers):07}")) for _ in range(many)]


def _cpu_ms(work: Callable[[Job], object], jobs: Sequence[Job]) -> float:
    since = time.process_time()
    for job in jobs:
        work(job)
    return 1000 * (time.process_time() - since) / len(jobs)


def _bare_ms(kind: str) -> float:
    """The compilation alone: what goes into it was made before."""
    compilations = [bare(job) for job in fresh(kind, EACH)]
    since = time.process_time()
    for compile_ in compilations:
        compile_()
    return 1000 * (time.process_time() - since) / EACH


async def _per_second() -> dict[str, float]:
    found: dict[str, list[float]] = {"one thread": [], "two threads": [], "processes": []}
    cores = os.cpu_count() or 1
    alone, beside = Typesetters(1), Typesetters(max(2, cores))
    with ThreadPoolExecutor(2) as threads:
        await beside.all(fresh("invoice-fr", 4 * cores))
        list(threads.map(render, fresh("invoice-fr", 4)))
        for _ in range(ROUNDS):
            for name, seconds in (
                ("one thread", await _timed(alone)),
                ("two threads", _wall(lambda: list(threads.map(render, fresh("invoice-fr", MANY))))),
                ("processes", await _timed(beside)),
            ):
                found[name].append(MANY / seconds)
    await alone.close()
    await beside.close()
    return {name: statistics.median(samples) for name, samples in found.items()}


async def _timed(typesetters: Typesetters) -> float:
    jobs = fresh("invoice-fr", MANY)
    since = time.perf_counter()
    await typesetters.all(jobs)
    return time.perf_counter() - since


def _wall(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _counting() -> float:
    """How many times as much two processes count as one: 2 on a machine that has two cores to spare."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(_count, [10] * 4))
        one = min(_wall(lambda: _count(STEPS)) for _ in range(ROUNDS))
        two = min(_wall(lambda: list(pool.map(_count, [STEPS] * 2))) for _ in range(ROUNDS))
    return 2 * one / two


def _count(steps: int) -> int:
    return sum(range(steps))


def page(found: Typesetting) -> Iterator[str]:
    """The section of the page for people."""
    yield from (
        "## Typesetting a document",
        "",
        "Warm, each with content of its own; beside it a bare typst compilation of the same view in the same run.",
        "",
        "| | CPU ms | bare | ratio |",
        "|---|---|---|---|",
    )
    for kind, ours in found.cpu_ms.items():
        bare_ms = found.bare_ms[kind]
        yield f"| {kind} | {ours:.1f} | {bare_ms:.1f} | {ours / bare_ms:.2f} |"
    said = ", ".join(f"{name} {rate:.0f}" for name, rate in found.per_second.items())
    yield from (
        "",
        f"Documents a second: {said}. Meanwhile two processes that only count did {found.counting:.2f} times the work",
        "of one; that is what this machine had to spare.",
        "",
    )


if __name__ == "__main__":
    print("\n".join(page(measure())))
