"""Waiting ends with what was waited for, or says what was there instead."""

import pytest

from tests.eventually import eventually


async def test_it_returns_the_first_true_value() -> None:
    seen = iter([0, "", "there"])
    assert await eventually(lambda: next(seen), every=0) == "there"


async def test_it_takes_a_coroutine_and_failed_assertions_for_not_yet() -> None:
    calls = 0

    async def observe() -> bool:
        nonlocal calls
        calls += 1
        assert calls > 2
        return True

    assert await eventually(observe, every=0)


async def test_at_the_deadline_it_says_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0 s; the last value was \[\]"):
        await eventually(list, seconds=0)


async def test_at_the_deadline_it_raises_the_last_failed_assertion() -> None:
    def observe() -> bool:
        raise AssertionError("two mails instead of one")

    with pytest.raises(AssertionError, match="two mails"):
        await eventually(observe, seconds=0)
