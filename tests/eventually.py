"""Waiting in tests: for something that can be observed, with a deadline, never for a length of time.

A test that sleeps is slow where the machine is fast and wrong where it is slow; tests/architecture forbids it.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

Observed = TypeVar("Observed")


@overload
async def eventually(
    observe: Callable[[], Awaitable[Observed]], *, seconds: float = ..., every: float = ...
) -> Observed: ...
@overload
async def eventually(observe: Callable[[], Observed], *, seconds: float = ..., every: float = ...) -> Observed: ...
async def eventually(observe: Callable[[], object], *, seconds: float = 10.0, every: float = 0.02) -> object:
    """The first true value that `observe` gives; an AssertionError in it counts as "not yet".

    After `seconds` the last value, or the last failed assertion, is what the test fails with.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        failure: AssertionError | None = None
        value: object = None
        try:
            seen = observe()
            value = await seen if inspect.isawaitable(seen) else seen
            if value:
                return value
        except AssertionError as not_yet:
            failure = not_yet
        if loop.time() >= deadline:
            raise failure or AssertionError(f"not within {seconds:g} s; the last value was {value!r}")
        await asyncio.sleep(every)


def until(observe: Callable[[], bool], *, seconds: float = 10.0, every: float = 0.05) -> bool:
    """The same for a test without a loop: look until it is true, or the time is over; the last look."""
    deadline = time.monotonic() + seconds
    while not observe() and time.monotonic() < deadline:
        time.sleep(every)
    return observe()
