"""docs/flow.md is what the wirings say, and each service's docstring tells the truth."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from services.cli import client
from services.cli.flow import FILE, Flow, read_flows, render
from services.cli.operations import operations_base
from shared.contracts import BY_NAME, Digest, Message
from shared.web.routes import SERVICES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def flows() -> list[Flow]:
    return read_flows()


def named(service: str, word: str) -> set[str]:
    """The messages that a service's docstring names behind `Publishes:` or `Hears:`."""
    docstring = import_module(f"services.{service}").__doc__ or ""
    [line] = re.findall(rf"^{word}: (.+)$", docstring, re.MULTILINE)
    return {name.strip() for name in line.split(",")}


def test_the_page_is_what_the_wirings_say(flows: list[Flow]) -> None:
    assert (ROOT / FILE).read_text() == render(flows), "run `comptoir flow --write`"


def test_every_message_of_the_contracts_is_on_it(flows: list[Flow]) -> None:
    assert [flow.message for flow in flows] == [*BY_NAME, Digest.name]
    assert all(flow.says for flow in flows)


def test_a_message_is_for_those_who_hear_it(flows: list[Flow]) -> None:
    """Its publisher declares their queues."""
    kinds: dict[str, type[Message] | type[Digest]] = {**BY_NAME, Digest.name: Digest}
    assert {flow.message: set(flow.consumers) for flow in flows} == {
        name: set(kind.heard_by) for name, kind in kinds.items()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_docstring_says_what_is_wired(service: str, flows: list[Flow]) -> None:
    assert named(service, "Publishes") == {flow.message for flow in flows if service in flow.publishers}
    assert named(service, "Hears") == {flow.message for flow in flows if service in flow.consumers}
    assert re.search(r"^Owns: \S", import_module(f"services.{service}").__doc__ or "", re.MULTILINE)


def test_the_command_line_names_the_same_services() -> None:
    assert client.SERVICES == SERVICES
    assert [operations_base(service) for service in SERVICES] == [
        "/api/v1/operations",
        "/api/v1/inventory/operations",
        "/api/v1/billing/operations",
        "/api/v1/notifications/operations",
    ]


def test_a_change_of_a_wiring_changes_the_page(flows: list[Flow]) -> None:
    deaf = [Flow(flow.message, flow.says, flow.publishers, flow.consumers[1:]) for flow in flows]
    assert render(deaf) != render(flows)
    assert '-->|"billing.account.v1"| notifications' in render(flows)
