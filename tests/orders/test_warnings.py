"""Warnings ask a person to do something: each in both languages, and none of billing's by its code alone."""

import re
from pathlib import Path
from string import Formatter

import pytest

from services.orders.domain.warnings import MONEY, TEXTS, of_money
from tests.orders.driver import Driver

DOCUMENTED = Path(__file__).parents[2] / "docs" / "payments.md"


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - {"money"}))
def test_both_languages_say_the_same(name: str) -> None:
    texts = TEXTS[name]
    assert list(texts) == ["en", "fr"]
    assert blanks(texts["en"]) == blanks(texts["fr"])


def test_what_billing_warns_of_has_a_name_in_french() -> None:
    """All that are documented; another version's is told by its code."""
    table = re.search(r"\| warning \|.*?(?=\n\n)", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
    assert table is not None
    codes = {code for row in table[0].splitlines()[2:] for code in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert codes == MONEY.keys()
    assert of_money("overpaid") == {"en": "Money needs a person: overpaid", "fr": "Argent à vérifier : trop-perçu"}
    assert of_money("new")["fr"] == "Argent à vérifier : new"


async def test_timeline_and_logs_say_a_warning_in_both(orders: Driver) -> None:
    made = await orders.place()
    await orders.hear(orders.account(made, "paid", captured=9999, warning="overpaid"))
    for path in (f"orders/{made['code']}/timeline", f"orders/{made['code']}/log", "log"):
        found = (await orders.get(path))["items"]
        assert [item["texts"] for item in found if "texts" in item] == [of_money("overpaid")], path
