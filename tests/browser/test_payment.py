"""Paying by the link in the mail: the shop's page, the provider's (the sandbox's), and back; to the cent."""

import pytest
from playwright.async_api import Page, expect

from services.billing.payments.words import WORDS
from services.billing.sandbox.bank import Card
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.eventually import eventually
from tests.flow.suite import SETTLE_SECONDS, Suite


async def at_payment(window: Window, suite: Suite, quantity: int) -> str:
    """Order, and open the link; the order's code."""
    order = await suite.placed(("T-PAY", quantity), language=window.language)
    url = order["confirmation"]["payment"]["url"]

    async def look() -> bool:
        return (await suite.client.get(url)).status_code == 200

    await eventually(look, seconds=SETTLE_SECONDS)
    await window.page.goto(url)
    return str(order["code"])


async def choose_card(page: Page) -> None:
    """The first way to pay is by card; it leads to the provider."""
    await page.locator("button.first").click()
    await page.wait_for_url("**/sandbox/payments/pay/*")


async def give(page: Page, card: Card) -> None:
    await page.locator(f"button[name=card][value='{card}']").click()


async def assert_paid(window: Window, suite: Suite, code: str, amount: str) -> None:
    """The page asks by itself until billing has heard of it; then it says so, and offers nothing more."""
    await expect(window.page.get_by_role("status")).to_have_text(WORDS[window.language]["correct"])
    await expect(window.page.get_by_role("button")).to_have_count(0)
    account = await suite.get(f"/api/v1/billing/orders/{code}")
    assert (account["payment"], account["captured"]) == ("paid", amount)


@pytest.mark.row("S2-04", owners="B")
async def test_a_client_pays_by_card(open_window: OpenWindow, suite: Suite) -> None:
    window = await open_window("fr")
    page, say = window.page, WORDS["fr"]
    code = await at_payment(window, suite, 3)
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Commande {code}")
    await expect(page.get_by_role("row", name=say["total"])).to_contain_text("36,00 €")
    await expect(page.locator("button.first")).to_contain_text("Payer 36,00 €")
    await window.assert_well_made()
    await choose_card(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"36.00 EUR for order {code}")
    await window.assert_well_made("en")
    await give(page, Card.GOOD)
    await page.wait_for_url("**/p/*?back=*")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Commande {code}")
    await assert_paid(window, suite, code, "36.00")
    await window.assert_well_made()


async def test_a_card_that_is_declined_costs_nothing_and_another_one_pays(
    open_window: OpenWindow, suite: Suite
) -> None:
    window = await open_window("en")
    page = window.page
    code = await at_payment(window, suite, 1)
    await choose_card(page)
    await give(page, Card.DECLINED)
    await expect(page.locator(".bad")).to_be_visible()
    await window.assert_well_made()
    await page.get_by_role("link", name="Back to the shop").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {code}")
    await expect(page.locator("button.first")).to_contain_text("€12.00")
    assert (await suite.get(f"/api/v1/billing/orders/{code}"))["captured"] == "0.00"
    await choose_card(page)
    await give(page, Card.GOOD)
    await page.wait_for_url("**/p/*?back=*")
    await assert_paid(window, suite, code, "12.00")


async def test_a_card_that_asks_for_confirmation_is_charged_after_it(open_window: OpenWindow, suite: Suite) -> None:
    window = await open_window("en")
    page = window.page
    code = await at_payment(window, suite, 2)
    await choose_card(page)
    await give(page, Card.ACTION)
    await expect(page.get_by_text("requires_action")).to_be_visible()
    await page.get_by_role("button", name="confirm").click()
    await page.wait_for_url("**/p/*?back=*")
    await assert_paid(window, suite, code, "24.00")


async def test_a_link_that_is_not_valid_says_so_in_both_languages(open_window: OpenWindow) -> None:
    window = await open_window("fr")
    await window.page.goto("/p/nothing")
    for language in ("fr", "en"):
        await expect(window.page.get_by_text(WORDS[language]["unknown"])).to_be_visible()
    assert all("404" in fault for fault in window.faults)
    window.faults.clear()
    await window.assert_well_made()
