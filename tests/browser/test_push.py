"""The page for push messages, its script and its service worker, where they run.

What no test can have is the browser vendor's push service; push.js stands in for it, and a message that our service
sent there is handed to the browser by its debugger.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from playwright.async_api import Page, expect

from services.notifications.pages.words import WORDS
from tests.browser.conftest import KEY, OpenWindow
from tests.browser.window import Window
from tests.eventually import eventually
from tests.flow.suite import SETTLE_SECONDS, Suite
from tests.notifications.receiving import PUSH, Browser, Receiver, bytes_of, receiving

PUSH_SERVICE = Path(__file__).with_name("push.js").read_text(encoding="utf-8")
KNOWS_NO_PUSH = "delete window.PushManager"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """In the place of the vendor's push service."""
    async with receiving() as receiver:
        yield receiver


async def enter(window: Window, key: str = KEY) -> None:
    """Open the page with a key."""
    await window.page.goto("/push")
    await window.page.get_by_label(WORDS[window.language]["key"], exact=True).fill(key)
    await window.page.get_by_role("button", name=WORDS[window.language]["open"]).click()


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_browser_without_push_is_told_so_in_its_language(open_window: OpenWindow, language: str) -> None:
    window = await open_window(language, script=KNOWS_NO_PUSH)
    await window.page.goto("/push")
    await expect(window.page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["title"])
    await window.assert_well_made()
    await enter(window)
    await expect(window.page.locator("#state")).to_have_text(WORDS[language]["unsupported"])
    await expect(window.page.get_by_role("button", name=WORDS[language]["allow"])).to_be_hidden()
    await window.assert_well_made()


async def test_a_browser_that_was_denied_is_told_so(open_window: OpenWindow) -> None:
    window = await open_window("fr")
    await allow_notifications(window, "denied")
    await enter(window)
    await expect(window.page.locator("#state")).to_have_text(WORDS["fr"]["denied"])
    await expect(window.page.get_by_role("button", name=WORDS["fr"]["allow"])).to_be_hidden()


async def test_a_key_that_opens_nothing_is_asked_for_again(open_window: OpenWindow) -> None:
    window = await open_window("en")
    await enter(window, "ck_nobody-knows-this-key")
    await expect(window.page.get_by_role("status")).to_contain_text(WORDS["en"]["wrong"].partition("{")[0])
    await expect(window.page.get_by_label(WORDS["en"]["key"], exact=True)).to_be_visible()
    assert all("401" in fault for fault in window.faults)
    window.faults.clear()


@pytest.mark.row("S2-09")
async def test_a_new_order_is_shown_by_the_browser_and_opens(
    open_window: OpenWindow, suite: Suite, receiver: Receiver
) -> None:
    say = WORDS["en"]
    window = await open_window("en", script=PUSH_SERVICE.replace("RECEIVER", receiver.url))
    page = window.page
    await allow_notifications(window, "granted")
    await enter(window)
    await expect(page.locator("#state")).to_have_text(say["off"])
    await page.get_by_label(say["label"]).fill("Counter")
    await page.get_by_role("button", name=say["allow"]).click()
    await expect(page.locator("#state")).to_have_text(say["on"])
    await expect(page.locator("#devices")).to_contain_text(f"Counter ({say['this']}) · {say['order.placed']}")
    await window.assert_well_made()

    order = await suite.placed(("T-PUSH", 2))
    message = await pushed(page, receiver)
    assert (message["code"], message["body"]) == (order["code"], f"New order {order['code']}: €24.00")
    await deliver(page, message)
    shown = await eventually(lambda: notifications(page), seconds=SETTLE_SECONDS)
    assert shown == [{"title": message["title"], "body": message["body"], "tag": order["code"]}]
    await click_notification(page)
    await expect(page.locator("#order-title")).to_have_text(f"Order {order['code']} · €24.00")
    await window.assert_well_made()

    await page.get_by_role("button", name=say["stop"]).click()
    await expect(page.locator("#state")).to_have_text(say["off"])
    await expect(page.locator("#none")).to_be_visible()
    assert (await suite.get(f"{PUSH}/subscriptions"))["items"] == []


async def allow_notifications(window: Window, setting: str) -> None:
    """As its user would answer the browser's question: `granted` or `denied`."""
    session = await window.page.context.new_cdp_session(window.page)
    target = await session.send("Target.getTargetInfo")
    answered = {"permission": {"name": "notifications"}, "setting": setting}
    profile = {"browserContextId": target["targetInfo"]["browserContextId"]}
    await session.send("Browser.setPermission", answered | profile)


async def pushed(page: Page, receiver: Receiver) -> Any:
    """What our service sent, decrypted with the key that the page's browser made."""
    [got] = await eventually(lambda: receiver.got, seconds=SETTLE_SECONDS)
    made = await page.evaluate("window.browserKey")
    key = load_der_private_key(bytes_of(made["private"]), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Browser(key, bytes_of(made["auth"])).read(got.body)


async def deliver(page: Page, message: Any) -> None:
    """Hand the message to the service worker, as the browser does when the push service delivers it."""
    session = await page.context.new_cdp_session(page)
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(ids(told)))
    await session.send("ServiceWorker.enable")
    registration = await eventually(lambda: found, seconds=SETTLE_SECONDS)
    origin = await page.evaluate("location.origin")
    data = orjson.dumps(message).decode()
    wanted = {"origin": origin, "registrationId": registration[0], "data": data}
    await session.send("ServiceWorker.deliverPushMessage", wanted)


def ids(told: Any) -> list[str]:
    return [one["registrationId"] for one in told["registrations"] if not one["isDeleted"]]


async def notifications(page: Page) -> Any:
    """What the browser shows of this site."""
    return await page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration("/push/");
          const shown = await registration.getNotifications();
          return shown.map(({ title, body, tag }) => ({ title, body, tag }));
        }"""
    )


async def click_notification(page: Page) -> None:
    """As its user would: the worker hears of the click."""
    [worker] = page.context.service_workers
    await worker.evaluate(
        """async () => {
          const [notification] = await registration.getNotifications();
          dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }"""
    )
