"""Jobs: work that takes no input, is idempotent, and runs on a timer and on a nudge.

A nudge only means "look now"; what there is to do stands in the database, so a lost nudge costs the interval.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter

from shared.broker.probing import uncancelled
from shared.observability import get_logger

log = get_logger(__name__)

FAILED = Counter("comptoir_job_failures", "Runs of a job that raised", ["service", "job"])


@dataclass
class Job:
    """`run` every `every` seconds, or as soon as nudged."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """Run soon, however much of the interval is left."""
        self._wanted.set()

    async def forever(self, service: str) -> None:
        """The loop; a failure is logged and tried again at the next turn."""
        while True:
            self._wanted.clear()
            try:
                with uncancelled():
                    await self.run()
            except Exception as error:
                FAILED.labels(service, self.name).inc()
                log.warning("job.failed", service=service, job=self.name, exc_info=error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self.every)


def run_jobs(jobs: Sequence[Job], service: str) -> list[asyncio.Task[None]]:
    """Start every job's loop."""
    return [asyncio.create_task(job.forever(service), name=f"{service}-{job.name}") for job in jobs]
