"""The first pages that somebody opens: where everything is, and the documentation of the interfaces."""

import pytest
from playwright.async_api import expect

from shared.web.routes import SERVICES
from tests.browser.conftest import OpenWindow


@pytest.mark.parametrize(("language", "title"), [("fr", "Comptoir est en marche"), ("en", "Comptoir is running")])
async def test_the_start_page_leads_everywhere(open_window: OpenWindow, language: str, title: str) -> None:
    window = await open_window(language)
    await window.page.goto("/")
    await expect(window.page.get_by_role("heading", level=1)).to_have_text(title)
    await window.assert_well_made()
    links = await window.page.get_by_role("link").all()
    assert len(links) > len(SERVICES)
    for link in links:
        answer = await window.page.request.get(await link.get_attribute("href") or "")
        assert answer.ok, answer.url


async def test_the_documentation_of_each_service_opens(open_window: OpenWindow) -> None:
    """The page is Swagger UI's, and its making not ours; that it reads our documents without an error is."""
    window = await open_window("en")
    for service in SERVICES:
        await window.page.goto(f"/docs/{service}")
        await expect(window.page.locator(".opblock").first).to_be_visible()
        window.assert_faultless()


async def test_the_messages_are_documented(open_window: OpenWindow) -> None:
    window = await open_window("en")
    await window.page.goto("/docs/orders/messages")
    await expect(window.page.get_by_role("heading", name="orders.order.v1")).to_be_visible()
    await window.assert_well_made()
