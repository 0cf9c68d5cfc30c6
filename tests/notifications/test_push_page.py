"""The page on which operators subscribe their browsers: two languages, nothing inline, a service worker, a test."""

import re
import string

import httpx
import orjson
import pytest

from services.notifications.pages.words import WORDS
from shared.web.routes import service_for
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Driver, shop
from tests.notifications.receiving import PUSH, Browser, Receiver, subscribe


@pytest.fixture
async def page(make_driver: MakeDriver) -> httpx.Response:
    house = await make_driver(sandbox=False)
    return await house.http.get("/push", headers={"Accept-Language": "en-GB,en;q=0.9"})


async def test_the_page_speaks_french_and_english_and_runs_nothing_inline(house: Driver, page: httpx.Response) -> None:
    french = await house.http.get("/push", params={"lang": "fr"})
    assert 'lang="fr"' in french.text
    assert "Aucun appareil n’est encore abonné." in french.text
    assert "No device is subscribed yet." in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=", page.text)
    scripts = re.findall(r"<script([^>]*)>", page.text)
    assert scripts == [' type="application/json" id="words"', ' type="module" src="/push/push.js"']
    said = re.search(r'id="words">(.*?)</script>', page.text, re.DOTALL)
    assert said
    assert orjson.loads(said[1]) == WORDS["en"]


def test_both_languages_say_the_same() -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    for name, french in WORDS["fr"].items():
        fields = [{field for _, field, _, _ in string.Formatter().parse(text)} for text in (french, WORDS["en"][name])]
        assert fields[0] == fields[1], name


async def test_script_style_and_worker_are_served(house: Driver) -> None:
    assert service_for("/push") == service_for("/push/worker.js") == "notifications"
    kinds = {"push.js": "text/javascript", "worker.js": "text/javascript", "push.css": "text/css"}
    for name, kind in kinds.items():
        answer = await house.http.get(f"/push/{name}")
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
    worker = (await house.http.get("/push/worker.js")).text
    assert {"push", "notificationclick"} <= set(re.findall(r'addEventListener\("(\w+)"', worker))
    assert (await house.http.get("/push/manifest.webmanifest")).json()["start_url"] == "/push"
    assert (await house.http.get("/push/other.js")).status_code == 404


async def test_what_the_script_asks_for_is_on_the_page(house: Driver, page: httpx.Response) -> None:
    script = (await house.http.get("/push/push.js")).text
    assert set(re.findall(r'find\("([\w-]+)"\)', script)) <= set(re.findall(r'id="([\w-]+)"', page.text))
    assert set(re.findall(r"say\.(\w+)", script)) <= WORDS["en"].keys()


async def test_a_test_reaches_the_browser(house: Driver, receiver: Receiver, browser: Browser) -> None:
    made = await subscribe(house, receiver, browser, language="en")
    answer = await house.http.post(f"{PUSH}/subscriptions/{made['id']}/test")
    assert answer.json() == {"delivered": True, "reason": None}
    assert browser.read(receiver.got[0].body) == {
        "type": "test", "title": "La Cave", "body": "Test: this device receives notifications.", "code": "",
    }  # fmt: skip
    [listed] = (await house.http.get(f"{PUSH}/subscriptions")).json()["items"]
    assert listed["delivered_at"] is not None


async def test_a_test_that_fails_says_why_and_forgets_what_ended(
    house: Driver, receiver: Receiver, browser: Browser
) -> None:
    made = await subscribe(house, receiver, browser)
    url = f"{PUSH}/subscriptions/{made['id']}/test"
    receiver.answer(500, 410, path="/send/1")
    assert (await house.http.post(url)).json()["delivered"] is False
    assert (await house.http.post(url)).json()["reason"].startswith("410")
    assert (await house.http.post(url)).status_code == 404


async def test_another_shops_browser_is_not_tested(house: Driver, receiver: Receiver, browser: Browser) -> None:
    made = await subscribe(house, receiver, browser)
    await house.hear(shop("other"))
    url = f"{PUSH}/subscriptions/{made['id']}/test"
    assert (await house.http.post(url, headers={"Comptoir-Shop": "other"})).status_code == 404
    assert receiver.got == []
