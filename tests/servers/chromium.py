"""A real browser for pages: Debian's Chromium, driven by Playwright, and axe, which looks for what shuts people out.

Playwright's own browsers are not downloaded: a distribution's package is mended by the distribution, and comes from
where all else comes from. The browser resolves no name, so a page that asks for another host is a page that fails.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

AXE = Path(__file__).parent.parent / "mockservers" / "node_modules" / "axe-core" / "axe.min.js"


def find_chromium() -> str | None:
    """The browser on this machine's PATH, None where there is none."""
    return shutil.which("chromium")


def find_axe() -> str | None:
    """The script that checks a page, None where the package is not installed."""
    return AXE.read_text(encoding="utf-8") if AXE.exists() else None


@asynccontextmanager
async def chromium_at(path: str) -> AsyncIterator[Browser]:
    """A browser without a window. It has no sandbox: root and many containers cannot have one."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()
