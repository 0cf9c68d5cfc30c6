"""Processes that typeset: the same bytes, one death is no other's, and none outlives the process that started it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from services.billing.documents import Job, render
from services.billing.documents.typesetters import Typesetters
from tests.billing.samples import SAMPLES
from tests.eventually import eventually

ROOT = Path(__file__).parent.parent.parent
NAMES = ("invoice-fr", "receipt-80mm", "credit-note")


def fail_or_die(job: Job) -> bytes:
    """What a job's number asks for: an exception, the death of the process, or the document."""
    if job.snapshot["number"] == "fail":
        raise MemoryError("no room to typeset")
    if job.snapshot["number"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return render(job)


def numbered(number: str) -> Job:
    job = SAMPLES["receipt-80mm"]
    return Job(dict(job.snapshot, number=number), paper=job.paper)


@pytest.mark.slow
async def test_processes_give_the_same_bytes_and_survive_the_death_of_one() -> None:
    typesetters = Typesetters(2, fail_or_die)
    try:
        jobs = [SAMPLES[name] for name in NAMES]
        found = await typesetters.all([*jobs, numbered("fail")])
        assert found[:3] == [render(job) for job in jobs]
        assert str(found[3]) == "no room to typeset"
        dead = await typesetters.all([numbered("die"), numbered("die")])
        assert not any(isinstance(one, bytes) for one in dead)
        assert await typesetters.all(jobs) == found[:3], "new processes took over"
        assert await typesetters.one(jobs[0]) == found[0]
    finally:
        await typesetters.close()


PROGRAM = """
import asyncio
from services.billing.documents.typesetters import Typesetters
from tests.billing.samples import SAMPLES
async def main():
    typesetters = Typesetters(2)
    await typesetters.all([SAMPLES["receipt-80mm"]] * 2)
    print("ready", flush=True)
    await asyncio.sleep(3600)
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.slow
async def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """By SIGKILL, when nobody is left to tell them."""
    (tmp_path / "program.py").write_text(PROGRAM)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    started = await asyncio.create_subprocess_exec(
        sys.executable, str(tmp_path / "program.py"), stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=env
    )
    assert started.stdout is not None
    assert await started.stdout.readline() == b"ready\n"
    family = psutil.Process(started.pid).children(recursive=True)
    assert len(family) >= 2
    started.kill()
    await started.wait()

    async def gone() -> bool:
        return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)

    await eventually(gone, seconds=30)
