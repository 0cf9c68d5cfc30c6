"""The moves of a random history: what people do, and what the network does to the messages in between."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.flow.histories.oracles import check
from tests.flow.histories.world import CELLAR, World
from tests.flow.suite import parcel
from tests.flow.test_every_transition import TYPES

QUANTITIES = st.integers(1, 5)
WANTED = st.lists(st.tuples(st.integers(0, 2), QUANTITIES), min_size=1, max_size=3)
PLACES = st.sampled_from([{}, {"location": CELLAR}])
"""Where a parcel leaves from, or what comes back goes to: nobody says, or the cellar."""
CHANCES = st.integers(0, 2**32).map(random.Random)


class History(RuleBasedStateMachine):
    """A few orders on three SKUs. `world` is set by the test that runs it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.skus: list[str] = []

    @initialize(stocks=st.lists(st.integers(0, 8), min_size=3, max_size=3), first=WANTED, second=WANTED)
    def begin(self, stocks: list[int], first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
        """Two orders from the start: left to chance, most histories would have none."""
        self.skus = [self.world.run(self.world.product(stock)) for stock in stocks]
        self._place(first, cancels=False)
        self._place(second, cancels=False)

    @precondition(lambda self: len(self.codes) < 4)
    @rule(wanted=WANTED, cancels=st.booleans())
    def place(self, wanted: list[tuple[int, int]], cancels: bool) -> None:
        self._place(wanted, cancels=cancels)

    @rule(
        which=st.integers(0, 3),
        end=st.sampled_from(TYPES),
        stock=st.sampled_from(["all", "unshipped", "scrap"]),
        mail=st.booleans(),
        place=PLACES,
    )
    def move(self, which: int, end: str, stock: str, mail: bool, place: dict[str, str]) -> None:
        """To any type; refused moves are part of a history too."""
        code = self.codes[which % len(self.codes)]
        decision = {"stock": stock} | (place if stock != "unshipped" else {})
        self.world.run(self._move(code, {"status": end, "actions": {"mail": mail}}, decision))

    @rule(which=st.integers(0, 3), line=st.integers(0, 2), quantity=QUANTITIES, place=PLACES)
    def ship_a_part(self, which: int, line: int, quantity: int, place: dict[str, str]) -> None:
        code = self.codes[which % len(self.codes)]
        lines = self._lines(code)
        if not lines:
            return
        found = lines[line % len(lines)]
        left = found["quantity"] - found["shipped"] + found["restocked"]
        shipment = parcel("P1", (found["id"], min(quantity, max(left, 1)))) | place
        self.world.run(self._move(code, {"status": "partially_shipped", "shipment": shipment}, {"stock": "all"}))

    @rule(which=st.integers(0, 3), line=st.integers(0, 2), quantity=QUANTITIES, added=st.booleans())
    def edit(self, which: int, line: int, quantity: int, added: bool) -> None:
        code = self.codes[which % len(self.codes)]
        kept = ("id", "sku", "name", "quantity", "unit_price", "tax_rate")
        lines = [{name: found[name] for name in kept} for found in self._lines(code)]
        if lines:
            lines[line % len(lines)]["quantity"] = quantity
        if added:
            sku = self.skus[line]
            lines.append({"sku": sku, "name": sku, "quantity": quantity, "unit_price": "12.00", "tax_rate": "20"})
        path = f"/api/v1/orders/{code}/lines"
        response = self.world.run(self.world.request("PUT", path, json={"lines": lines}))
        assert response.status_code in {200, 409, 422}, response.text

    @rule(sku=st.integers(0, 2), quantity=st.integers(-4, 8).filter(bool))
    def stock_moves(self, sku: int, quantity: int) -> None:
        self.world.run(self.world.move_stock(self.skus[sku], quantity))

    @rule(chance=CHANCES, share=st.sampled_from([0.3, 0.7, 1.0]), repeat=st.sampled_from([0.0, 0.5]))
    def messages_arrive(self, chance: random.Random, share: float, repeat: float) -> None:
        """What stands in the outboxes leaves; some of what is under way arrives, shuffled, some of it twice."""
        self.world.run(self.world.speak())
        self.world.run(self.world.network.deliver(chance, share=share, repeat=repeat))

    @rule(chance=CHANCES, share=st.sampled_from([0.2, 0.5]))
    def messages_are_lost(self, chance: random.Random, share: float) -> None:
        self.world.run(self.world.speak())
        self.world.network.lose(chance, share)

    @rule(seconds=st.sampled_from([1, 20, 300]), replica=st.integers(0, 1))
    def time_passes(self, seconds: int, replica: int) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.world.run(self.world.work(replica))

    def teardown(self) -> None:
        self.world.run(self.world.heal(self.codes))
        self.world.run(check(self.world, self.codes, self.skus))

    def _place(self, wanted: list[tuple[int, int]], *, cancels: bool) -> None:
        lines = [(self.skus[sku], quantity) for sku, quantity in wanted]
        on_short = "cancel" if cancels else "wait"
        self.codes.append(self.world.run(self.world.place(*lines, on_short=on_short)))

    def _lines(self, code: str) -> list[dict[str, Any]]:
        response = self.world.run(self.world.request("GET", f"/api/v1/orders/{code}"))
        assert response.status_code == 200, response.text
        lines: list[dict[str, Any]] = response.json()["lines"]
        return lines

    async def _move(self, code: str, command: dict[str, Any], decision: dict[str, str]) -> httpx.Response:
        path = f"/api/v1/orders/{code}/status"
        response = await self.world.post(path, command)
        if response.status_code == 409 and response.json()["type"].endswith("decision-required"):
            response = await self.world.post(path, command | {"decision": decision})
        assert response.status_code in {200, 409, 422}, response.text
        return response
