"""Pages in a real browser: one Chromium and one suite for all of them, a profile for each test.

A test's windows are watched to its end (`Window`): what a page logs as an error or cannot load fails the test.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from services.__main__ import embedded
from shared.settings import Settings
from tests.browser.window import TIMEOUT, Window
from tests.flow.suite import Suite
from tests.servers.chromium import chromium_at, find_axe, find_chromium
from tests.servers.require import require

KEY = "ck_browser-pages-key"
LOCALES = {"fr": "fr-FR", "en": "en-GB"}

OpenWindow = Callable[..., Awaitable[Window]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this process."""
    expect.set_options(timeout=TIMEOUT)
    path = require("Chromium", find_chromium(), "`make test` installs Debian's chromium as root")
    async with chromium_at(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that looks for what shuts people out."""
    return require("axe", find_axe(), "`make test` installs it with npm")


@pytest.fixture(scope="session")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """The four services behind one port, which is the shop's public address."""
    settings = Settings(var=tmp_path_factory.mktemp("browser"), sqlite_synchronous="OFF")
    async with embedded(settings, KEY, "127.0.0.1", 0) as server:
        suite = Suite(f"http://127.0.0.1:{server.port}", KEY)
        shop = await suite.get("/api/v1/shop")
        body = {name: value for name, value in shop.items() if name != "version"}
        changed = await suite.client.put("/api/v1/shop", json=body | {"public_url": str(suite.client.base_url)})
        assert changed.status_code == 200, changed.text
        yield suite
        await suite.close()


@pytest.fixture
async def open_window(chromium: Browser, axe: str, suite: Suite) -> AsyncIterator[OpenWindow]:
    """`await open_window("fr", script=…)`: a window of somebody who reads that language, with a profile of its own.

    A `script` runs in every page before the page's own. At the end no window may have seen an error.
    """
    async with AsyncExitStack() as stack:
        windows: list[Window] = []

        async def make(language: str, *, script: str = "", **options: Any) -> Window:
            url = str(suite.client.base_url)
            context = await chromium.new_context(base_url=url, locale=LOCALES[language], **options)
            stack.push_async_callback(context.close)
            if script:
                await context.add_init_script(script)
            windows.append(Window(await context.new_page(), axe, language))
            return windows[-1]

        yield make
        for window in windows:
            window.assert_faultless()
