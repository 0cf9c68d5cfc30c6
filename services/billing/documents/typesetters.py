"""Typesetting beside one another: a document alone on a thread here, several at once shared among processes.

Threads with compilers of their own gain nothing, since typst shares its caches between them under locks; processes do
(docs/documents.md has the figures). They are started when several documents are due at once for the first time, so
a small shop never has them, and none outlives the process that started it, however that ends.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

from services.billing.documents.render import Job, render

MOST = 8
"""Processes at the most, if settings do not say."""

Typeset = Callable[[Job], bytes]


class Typesetters:
    """`processes`: how many at the most; 1 keeps everything on the thread."""

    def __init__(self, processes: int | None = None, typeset: Typeset = render) -> None:
        self._processes = processes or min(os.cpu_count() or 1, MOST)
        self._typeset = typeset
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="typst")
        self._pool: ProcessPoolExecutor | None = None

    async def one(self, job: Job) -> bytes:
        """Typeset one document; raises whatever typesetting raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._typeset, job)

    async def all(self, jobs: Sequence[Job]) -> list[bytes | BaseException]:
        """Typeset these, in their order; one that fails leaves its exception."""
        if len(jobs) < 2 or self._processes < 2:
            return [await self._kept(job) for job in jobs]
        loop, pool = asyncio.get_running_loop(), self._processes_started()
        waiting = [loop.run_in_executor(pool, self._typeset, job) for job in jobs]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        if any(isinstance(one, BrokenProcessPool) for one in found):
            self._stop_processes()
        return found

    async def _kept(self, job: Job) -> bytes | BaseException:
        try:
            return await self.one(job)
        except Exception as error:
            return error

    def _processes_started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._processes, get_context("spawn"), initializer=_end_with_parent)
        return self._pool

    def _stop_processes(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def close(self) -> None:
        """Stop the processes; what they were at is done again by whoever claims it next."""
        self._stop_processes()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """In a process of its own: Ctrl-C is the parent's to handle, and its death, even by SIGKILL, is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(0)
