"""Jobs run on a timer and on a nudge, and go on after a failure; the HTTP server ends in time."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import APIRouter, Depends

from shared.runtime import Job
from shared.runtime.http import Server
from shared.runtime.jobs import FAILED
from shared.security import open_to_all
from shared.web import create_app
from tests.eventually import eventually


class TestJobs:
    @pytest.fixture
    async def running(self) -> AsyncIterator[Callable[[Job], None]]:
        tasks: list[asyncio.Task[None]] = []
        yield lambda job: tasks.append(asyncio.create_task(job.forever("test")))
        for task in tasks:
            task.cancel()

    async def test_it_runs_at_once_and_on_a_nudge(self, running: Callable[[Job], None]) -> None:
        runs: list[int] = []
        job = Job("work", 3600, lambda: note(runs))
        running(job)
        await eventually(lambda: len(runs) == 1)
        job.nudge()
        await eventually(lambda: len(runs) == 2)

    async def test_it_runs_on_its_timer(self, running: Callable[[Job], None]) -> None:
        runs: list[int] = []
        running(Job("work", 0.01, lambda: note(runs)))
        await eventually(lambda: len(runs) > 3)

    async def test_a_nudge_during_a_run_is_not_lost(self, running: Callable[[Job], None]) -> None:
        runs: list[int] = []

        async def work() -> None:
            runs.append(1)
            if len(runs) == 1:
                job.nudge()

        job = Job("work", 3600, work)
        running(job)
        await eventually(lambda: len(runs) == 2)

    @pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
    async def test_a_failure_is_counted_and_tried_again(
        self, running: Callable[[Job], None], failure: type[BaseException]
    ) -> None:
        runs: list[int] = []

        async def work() -> None:
            runs.append(1)
            if len(runs) == 1:
                raise failure("on purpose")

        before = FAILED.labels("test", "flaky")._value.get()
        running(Job("flaky", 0.01, work))
        await eventually(lambda: len(runs) > 1)
        assert FAILED.labels("test", "flaky")._value.get() == before + 1


class TestServing:
    @pytest.fixture
    def slow(self) -> tuple[APIRouter, asyncio.Event, asyncio.Event]:
        router, inside, going = APIRouter(dependencies=[Depends(open_to_all)]), asyncio.Event(), asyncio.Event()

        @router.get("/slow")
        async def answer() -> str:
            inside.set()
            await going.wait()
            return "done"

        return router, inside, going

    async def test_a_running_request_is_finished(self, slow: tuple[APIRouter, asyncio.Event, asyncio.Event]) -> None:
        router, inside, going = slow
        server = await serving(router)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            asked = asyncio.create_task(client.get("/slow"))
            await inside.wait()
            stopping = asyncio.create_task(server.stop())
            await asyncio.sleep(0)
            going.set()
            await stopping
            assert (await asked).json() == "done"
            with pytest.raises(httpx.ConnectError):
                await httpx.AsyncClient().get(f"http://127.0.0.1:{server.port}/slow")

    async def test_a_request_that_does_not_end_is_left(
        self, slow: tuple[APIRouter, asyncio.Event, asyncio.Event]
    ) -> None:
        router, inside, _ = slow
        server = await serving(router, shutdown_seconds=0.2)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            asked = asyncio.create_task(client.get("/slow"))
            await inside.wait()
            async with asyncio.timeout(5):
                await server.stop()
            [outcome] = await asyncio.gather(asked, return_exceptions=True)
            assert isinstance(outcome, httpx.HTTPError | httpx.Response)


async def serving(router: APIRouter, **options: float) -> Server:
    server = Server(create_app("test", "1", [router], docs=False), "127.0.0.1", 0, **options)
    await server.start()
    return server


async def note(runs: list[int]) -> None:
    runs.append(1)
