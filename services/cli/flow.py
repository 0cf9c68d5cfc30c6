"""Which message goes from whom to whom, read from the four wirings: `comptoir flow`, `docs/flow.md`.

Nothing is kept by hand: a service that publishes or hears something else changes the page, and the tests say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from shared.contracts import BY_NAME, Digest
from shared.settings import Settings
from shared.web.routes import SERVICES

FILE = Path("docs/flow.md")

HEAD = """# Who tells whom

Made by `comptoir flow --write` from the wirings of the services; a test compares.
Every message says how a thing now is; the services answer orders, and never call one another.

"""


@dataclass(frozen=True, slots=True)
class Flow:
    """One message: its publishers and its consumers, by the services' names."""

    message: str
    says: str
    publishers: tuple[str, ...]
    consumers: tuple[str, ...]


def read_flows() -> list[Flow]:
    """Every message that is published or heard, in the order of the contracts."""
    built = {name: _build(name) for name in SERVICES}
    says = {name: _first_line(message.__doc__) for name, message in BY_NAME.items()}
    says[Digest.name] = _first_line(Digest.__doc__)
    flows = []
    for name, line in says.items():
        publishers = tuple(service for service, (publishes, _) in built.items() if name in publishes)
        consumers = tuple(service for service, (_, hears) in built.items() if name in hears)
        flows.append(Flow(name, line, publishers, consumers))
    return flows


def render(flows: Sequence[Flow]) -> str:
    """The text of `docs/flow.md`."""
    rows = [
        f"| `{flow.message}` | {', '.join(flow.publishers)} | {', '.join(flow.consumers)} | {flow.says} |"
        for flow in flows
    ]
    table = ["| message | published by | heard by | says |", "|---|---|---|---|", *rows]
    return HEAD + "\n".join([*table, "", "```mermaid", *_picture(flows), "```", ""])


def _picture(flows: Sequence[Flow]) -> list[str]:
    """An arrow for every pair of services, with all that goes there."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for flow in flows:
        for publisher in flow.publishers:
            for consumer in flow.consumers:
                if publisher != consumer:
                    pairs.setdefault((publisher, consumer), []).append(flow.message)
    arrows = [f'    {sender} -->|"{"<br/>".join(names)}"| {hearer}' for (sender, hearer), names in pairs.items()]
    return ["flowchart LR", *arrows]


def _build(service: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the messages that a service publishes and hears."""
    settings_class: type[Settings] = import_module(f"services.{service}.settings").Settings
    wiring = import_module(f"services.{service}.wiring")
    built = wiring.build(settings_class(amqp_url="amqp://127.0.0.1/"))
    return frozenset(message.name for message in built.publishes), frozenset(built.hears)


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0].replace("|", "\\|")
