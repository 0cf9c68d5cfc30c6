"""A window of the browser, watched: what its pages log as errors and cannot load, and how well they are made.

The pages have strict content security policies; axe is brought in by the debugger, which these do not concern.
"""

from playwright.async_api import ConsoleMessage, Error, Page, Request, Response

SMALL, WIDE = 360, 1280
"""CSS pixels: a small phone, and a desk."""
HEIGHT = 800
TIMEOUT = 30_000
"""Milliseconds in which a page does what is expected of it on the slowest of machines."""

CHECK = """async () => {
  const { violations } = await axe.run(document, { iframes: false, resultTypes: ["violations"] });
  return violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
}"""


class Window:
    """A page, who reads it, and what went wrong on it so far."""

    def __init__(self, page: Page, axe: str, language: str) -> None:
        self.page = page
        self.language = language
        self.faults: list[str] = []
        self._axe = axe
        page.set_default_timeout(TIMEOUT)
        page.on("console", self._logged)
        page.on("pageerror", self._raised)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    async def assert_well_made(self, language: str | None = None) -> None:
        """In the reader's language (or this one), nothing to scroll sideways for on a phone, readable in light and dark
        and by those who do not see, and no error until now."""
        assert await self.page.locator("html").get_attribute("lang") == (language or self.language)
        for width in (SMALL, WIDE):
            await self.page.set_viewport_size({"width": width, "height": HEIGHT})
            content = await self.page.evaluate("document.documentElement.scrollWidth")
            assert content <= width, f"{self.page.url} is {content} px wide on a screen of {width} px"
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            violations = await self._violations()
            assert not violations, f"{self.page.url}, {scheme}: {violations}"
        self.assert_faultless()

    def assert_faultless(self) -> None:
        """No error was logged, and nothing was asked for in vain."""
        assert self.faults == [], self.faults

    async def _violations(self) -> list[str]:
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(self._axe)
        found: list[str] = await self.page.evaluate(CHECK)
        return found

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"{message.text} ({message.location})")

    def _raised(self, error: Error) -> None:
        self.faults.append(str(error))

    def _failed(self, request: Request) -> None:
        self.faults.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.request.method} {response.url}: {response.status}")
