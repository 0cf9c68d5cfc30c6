"""`comptoir webhooks` against a running Comptoir: what is listed, tested, enabled and sent once more."""

import httpx
import pytest

from tests.cli.processes import KEY, Command, Running, figures, items
from tests.cli.test_deliveries import place
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WEBHOOKS = "/api/v1/notifications/webhooks"


def test_an_endpoint_is_tested_and_told_again(comptoir: Command, running: Running) -> None:
    assert comptoir("webhooks", "list").err == "There is none.\n"
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        made = http.post(WEBHOOKS, json={"url": f"{running.url}/sandbox/webhooks/in/cli"}).json()
        http.put("/sandbox/webhooks/secret", json={"secret": made["secret"]}).raise_for_status()
        endpoint = made["id"]
        assert [one["id"] for one in items(comptoir("webhooks", "list", "--json"))] == [endpoint]
        tested = comptoir("webhooks", "test", endpoint)
        assert (tested.code, tested.err.startswith("It answered 2")) == (0, True)
        code = place(comptoir)
        told = ("deliveries", "list", "--order", code, "--channel", "webhook", "--outcome", "done", "--json")
        assert until(lambda: bool(items(comptoir(*told))), seconds=60)
        replay = ("webhooks", "replay", endpoint, "--since", "2000-01-01", "--order", code)
        assert "1 would be sent again." in comptoir(*replay, "--dry-run").err
        assert figures(comptoir(*replay, "--json")) == {"count": 1, "dry_run": False}
        assert figures(comptoir("webhooks", "enable", endpoint, "--json"))["count"] == 0
        http.put("/sandbox/webhooks/fault", json={"kind": "500", "count": 1}).raise_for_status()
        failed = comptoir("webhooks", "test", endpoint)
        assert (failed.code, len(failed.err.splitlines())) == (1, 2)
        assert "It was not taken: 500" in failed.err
        assert comptoir("webhooks", "test", "we_nothing").code == 1
        http.delete(f"{WEBHOOKS}/{endpoint}").raise_for_status()
