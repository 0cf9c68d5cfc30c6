"""The pages of the sandboxes: what left the house, found by order, and faults to order."""

import pytest
from playwright.async_api import expect

from services.notifications.sandbox.words import FAULTS, WORDS
from shared.web.sandbox import Kind
from tests.browser.conftest import OpenWindow
from tests.eventually import eventually
from tests.flow.suite import SETTLE_SECONDS, Suite


async def mailed(suite: Suite) -> str:
    """The code of an order whose mail has left."""
    order = await suite.placed(("T-SANDBOX", 1))
    await suite.settled(order["code"])
    await eventually(lambda: suite.calls("mail", order["code"]), seconds=SETTLE_SECONDS)
    return str(order["code"])


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_mail_of_an_order_is_found_and_shown(open_window: OpenWindow, suite: Suite, language: str) -> None:
    code, say = await mailed(suite), WORDS[language]
    window = await open_window(language)
    page = window.page
    await page.goto("/sandbox")
    await window.assert_well_made()
    sought = page.locator("form[method=get]")
    await sought.get_by_label(say["order"]).fill(code)
    await sought.get_by_label(say["vendor"]).select_option("mail")
    await page.get_by_role("button", name=say["filter"]).click()
    await page.wait_for_url(f"**/sandbox?vendor=mail&order={code}&result=")
    await expect(page.locator("details[open] summary")).to_contain_text(code)
    frame = page.frame_locator("details[open] iframe")
    await expect(frame.get_by_text(code).first).to_be_visible()
    await window.assert_well_made()
    await sought.get_by_label(say["result"]).select_option("refused")
    await page.get_by_role("button", name=say["filter"]).click()
    await expect(page.get_by_text(say["no_match"])).to_be_visible()
    await window.assert_well_made()


async def test_a_fault_is_ordered_and_taken_back(open_window: OpenWindow) -> None:
    window = await open_window("en")
    page, say = window.page, WORDS["en"]
    await page.goto("/sandbox/sms")
    await page.get_by_text(say["faults"]).click()
    await window.assert_well_made()
    for kind in (Kind.BUSY, Kind.NONE):
        await page.get_by_label(say["fault"]).select_option(kind)
        await page.get_by_role("button", name=say["order_fault"], exact=True).click()
        told = page.locator("summary.plain")
        if kind is Kind.BUSY:
            await expect(told).to_contain_text(FAULTS["en"][kind])
        else:
            await expect(told).to_have_text(say["faults"])
        await told.click()


async def test_payments_have_a_page_of_their_own(open_window: OpenWindow, suite: Suite) -> None:
    window = await open_window("en")
    page = window.page
    await page.goto("/sandbox/payments")
    await window.assert_well_made()
    await page.get_by_role("button", name="next call: 429", exact=True).click()
    await expect(page.locator("strong")).to_have_text("429")
    await page.get_by_role("button", name="no fault").click()
    await expect(page.locator("strong")).to_have_text("none")
    await window.assert_well_made()
