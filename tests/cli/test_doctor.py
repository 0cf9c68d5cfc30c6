"""`comptoir doctor` names everything that somebody has to look at, and nothing else."""

import json
from typing import Any

import pytest

from tests.cli.processes import Command
from tests.cli.scripted import Script, answering

AT = "2026-03-01T12:00:00Z"
MESSAGE = {"message": "orders.order.v1", "key": "o1", "version": 3, "at": AT}
DELIVERY = {"channel": "mail", "subject": "shipped", "order": "AB", "at": AT, "reason": "550", "id": "d1"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_API_KEY", "ck_mine")


def page(*found: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"items": list(found), "next": None, "total": len(found)}


def test_each_kind_of_finding_has_its_line(offline: Command) -> None:
    unsettled = {"code": "AB", "since": AT, "reasons": {"billing": ["draws the invoice"], "inventory": []}}
    answers = [
        page(unsettled),
        *(page(), page(), page(MESSAGE | {"reason": "poison"}), page()),  # parked, of each service
        *(page(), page(MESSAGE), page(), page()),  # unsent
        *(page(), page(DELIVERY | {"needs_person": True}, DELIVERY | {"needs_person": False})),
        page({"currency": "GBP", "order": "CD", "placed_at": AT}),
        page({"sku": "TEA", "discrepancy_since": AT, "on_hand": -2}),
    ]
    with answering(*answers) as (_, script):
        done = offline("doctor", "--json", **address(script))
    assert done.code == 1
    assert [(line["what"], line["which"], line["why"]) for line in map(json.loads, done.out.splitlines())] == [
        ("order", "AB", "billing draws the invoice"),
        ("parked message", "orders.order.v1 o1", "billing: poison"),
        ("unsent message", "orders.order.v1 o1", "inventory: not confirmed"),
        ("delivery", "mail shipped of AB", "rejected: 550 (d1)"),
        ("documents", "CD", "its documents wait for a rate of exchange: comptoir rates set GBP …"),
        ("stock", "TEA", "-2 on hand: count it"),
    ]
    unsent = [path for _, path, _ in script.asked if "/outbox" in path]
    assert len(unsent) == 4
    assert all("older_than=10" in path for path in unsent), "what is just being said is no finding"


def test_where_nothing_is_to_be_done_it_says_so(offline: Command) -> None:
    with answering(*[page()] * 13) as (_, script):
        done = offline("doctor", **address(script))
    assert (done.code, done.out, done.err) == (0, "", "All is settled.\n")


def address(script: Script) -> dict[str, str]:
    return {"COMPTOIR_URL": f"http://127.0.0.1:{script.server_port}", "COMPTOIR_API_KEY": "ck_mine"}
