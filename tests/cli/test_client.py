"""The client repeats what does no harm twice, and makes every failure two lines and an exit code."""

import pytest

from services.cli.client import Refused
from services.cli.errors import CliError, Exit
from tests.cli.scripted import Answer, answering


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_API_KEY", "ck_mine")
    monkeypatch.setattr("services.cli.client.AGAIN_SECONDS", (0.0, 0.0))


def test_a_read_is_repeated_while_the_service_is_not_there() -> None:
    with answering((503, {}), (502, b"<html>"), (200, {"ok": True})) as (api, script):
        assert api.get("/x", settled=False, type=None) == {"ok": True}
    assert [path for _, path, _ in script.asked] == ["/x?settled=false"] * 3
    headers = script.asked[0][2]
    assert (headers["authorization"], headers["comptoir-shop"]) == ("Bearer ck_mine", "shop-2")
    assert headers["traceparent"].split("-")[1] == api.trace


def test_a_change_is_repeated_only_under_a_key() -> None:
    with answering((503, {"title": "Not available yet", "detail": "Wait."})) as (api, script):
        with pytest.raises(Refused, match=r"Wait\."):
            api.post("/x", {})
        assert len(script.asked) == 1
    with answering((503, {}), (201, {"id": 1})) as (api, script):
        assert api.post("/x", {}, key="k") == {"id": 1}
        assert [headers["idempotency-key"] for _, _, headers in script.asked] == ["k", "k"]


def test_pages_are_followed_up_to_the_limit() -> None:
    pages = [
        (200, {"items": [{"n": 1}, {"n": 2}], "next": "b", "total": 3}),
        (200, {"items": [{"n": 3}], "next": None, "total": 3}),
    ]
    with answering(*pages) as (api, script):
        assert [item["n"] for item in api.pages("/x", limit=201)] == [1, 2, 3]
    assert [path for _, path, _ in script.asked] == ["/x?limit=200", "/x?limit=199&after=b"]


@pytest.mark.parametrize(
    ("answer", "cause", "remedy"),
    [
        ((409, {"title": "Refused", "detail": "No.", "allowed": ["ready"]}), "No. Allowed: ready.", "try again"),
        ((401, {"title": "A key"}), "A key", "COMPTOIR_API_KEY"),
        ((403, {"title": "Forbidden", "detail": "No scope."}), "No scope.", "--scope"),
        ((404, b"<html>gone</html>"), "answered Not Found", "Check the name"),
        ((422, {"title": "Invalid", "detail": "lines: none"}), "lines: none", "Correct the input"),
        (
            (422, {"title": "Invalid", "detail": "One.", "errors": [{"field": "orders.0", "detail": "No order 'X'."}]}),
            "One. orders.0: No order 'X'.",
            "Correct the input",
        ),
        ((500, {"title": "Internal"}), "Internal", "log of the service"),
        ((200, b"<html>a proxy's page</html>"), "", "COMPTOIR_URL"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(answer: Answer, cause: str, remedy: str) -> None:
    with answering(answer) as (api, _), pytest.raises(CliError) as caught:
        api.get("/x")
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy
    assert caught.value.code is Exit.FAILED
    assert "\n" not in caught.value.cause + caught.value.remedy
