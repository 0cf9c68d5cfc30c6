"""Compiled bindings against the plain meaning of a pattern, bindings coming and going."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.broker.embedded.arguments import QueueOptions
from shared.broker.embedded.exchange import Exchange
from shared.broker.embedded.topology import Topology

WORDS = st.sampled_from(["a", "b", "", "*", "#"])
PATTERNS = st.lists(WORDS, max_size=5).map(".".join)
KEYS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=6).map(".".join)


def matches(pattern: str, key: str) -> bool:
    """Word by word, with the words of the key each ended by a dot."""
    expression = "".join(
        {"*": r"[^.]*\.", "#": r"(?:[^.]*\.)*"}.get(word, re.escape(word) + r"\.")
        for word in (pattern.split(".") if pattern else [])
    )
    return re.fullmatch(expression, f"{key}." if key else "") is not None


@given(patterns=st.lists(PATTERNS, max_size=6), removed=st.sets(st.integers(0, 5)), keys=st.lists(KEYS, max_size=6))
def test_topic_exchange_routes_by_pattern(patterns: list[str], removed: set[int], keys: list[str]) -> None:
    topology = Topology()
    exchange = Exchange("ex", "topic", durable=True)
    queues = [topology.add_queue(f"q{n}", QueueOptions.parse("q", {}), None) for n in range(len(patterns))]
    for pattern, queue in zip(patterns, queues, strict=True):
        exchange.bind(pattern, queue)
    for key in keys:
        wanted = {queue.name for pattern, queue in zip(patterns, queues, strict=True) if matches(pattern, key)}
        assert {queue.name for queue in exchange.route(key)} == wanted
    for number in removed & set(range(len(patterns))):
        exchange.unbind(patterns[number], queues[number])
    for key in keys:
        kept = [(p, q) for n, (p, q) in enumerate(zip(patterns, queues, strict=True)) if n not in removed]
        routed = exchange.route(key)
        assert len(routed) == len(set(routed))
        assert {queue.name for queue in routed} == {queue.name for pattern, queue in kept if matches(pattern, key)}


def test_many_hashes_do_not_take_for_ever() -> None:
    topology = Topology()
    exchange = Exchange("ex", "topic", durable=True)
    queue = topology.add_queue("q", QueueOptions.parse("q", {}), None)
    exchange.bind(".".join(["#", "a"] * 30), queue)
    assert exchange.route(".".join(["a"] * 120)) == (queue,)
    assert exchange.route(".".join(["a"] * 120 + ["b"])) == ()


def test_removed_patterns_leave_nothing_behind() -> None:
    topology = Topology()
    exchange = Exchange("ex", "topic", durable=True)
    queue = topology.add_queue("q", QueueOptions.parse("q", {}), None)
    for pattern in ("a.b.c", "a.b", "a.#"):
        exchange.bind(pattern, queue)
    exchange.forget(queue)
    assert exchange.bindings == set()
    assert exchange.route("a.b") == ()
