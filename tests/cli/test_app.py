"""The conventions of the command line, each seen from outside: exit codes, two lines for an error, no traceback."""

import json
import socket
from importlib.metadata import version
from pathlib import Path

import pytest

from shared.contracts import MESSAGES
from tests.cli.processes import Command

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.fixture
def nowhere() -> str:
    """An address where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_it_tells_its_version(offline: Command) -> None:
    done = offline("--version")
    assert (done.code, done.out) == (0, f"comptoir {version('comptoir')}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("orders", "frobnicate"),
        ("orders", "list", "--limit", "many"),
        ("ship", "--carrier", "C", "--tracking-prefix", "P"),
        ("serve", "accounting"),
        ("import", "orders", "nowhere.csv", "--format", "online-retail"),
        ("import", "orders", "orders.csv", "--format", "csv"),
        ("orders", "status", "CODE", "shipped", "--line", "one=2"),
        ("orders", "create", "nowhere.json"),
    ],
)
def test_wrong_usage_is_2(offline: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "orders.csv").write_text(HEADER)
    done = offline(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_nobody_there_is_4_and_says_what_to_do(offline: Command, nowhere: str) -> None:
    done = offline("orders", "list", COMPTOIR_URL=nowhere)
    assert done.code == 4
    assert done.err.splitlines() == [
        f"Error: Nothing answers at {nowhere}.",
        "       Start it with `make run`, or set COMPTOIR_URL to where it runs.",
    ]


def test_a_taken_port_is_two_lines(offline: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = offline("run", PORT=str(taken.getsockname()[1]), COMPTOIR_VAR=str(tmp_path / "var"))
    assert done.code == 1
    assert done.err.splitlines()[-2:] == [
        "Error: The port is taken.",
        "       Stop what runs there, or set PORT (0: any that is free).",
    ]


def test_an_address_that_is_none_is_a_usage_error(offline: Command) -> None:
    done = offline("orders", "list", COMPTOIR_URL="http://[")
    assert done.code == 2
    assert "Set COMPTOIR_URL" in done.err


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "Line 1, column 1:"),
        (HEADER.encode() + b"536365,85123A,CAF\xc9,6,1/12/2010 08:26,2.55,17850,France\n", "Line 2, column 18:"),
        (b"InvoiceNo;StockCode\n1;2\n", "Line 1: the column"),
        (HEADER.encode() + b"536365,85123A\n", "Line 2 has 2 columns, the header has 8; the column 'Description'"),
    ],
)
def test_an_unreadable_file_is_one_clear_error(offline: Command, tmp_path: Path, content: bytes, place: str) -> None:
    (tmp_path / "orders.csv").write_bytes(content)
    done = offline("import", "orders", "orders.csv", "--format", "online-retail", "--dry-run")
    assert done.code == 1
    cause, remedy = [line for line in done.err.splitlines() if not line.startswith("Reading")]
    assert cause.startswith("Error: orders.csv: Line ")
    assert place in cause
    assert cause.endswith("Nothing was imported.")
    assert remedy.startswith("       ")
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


def test_a_dry_run_decides_without_a_server(offline: Command, tmp_path: Path) -> None:
    rows = "1,A,ONE,2,1/12/2010 08:26,2.50,7,France\n2,B,TWO,1,1/12/2010 08:26,0,7,France\n"
    (tmp_path / "orders.csv").write_text(HEADER + rows)
    done = offline("import", "orders", "orders.csv", "--format", "online-retail", "--dry-run", "--json")
    assert done.code == 3
    figures = json.loads(done.out)
    assert (figures["taken"], figures["rejected"], figures["net"], figures["orders"]) == (1, 1, "5.00", 1)
    assert (tmp_path / "orders-rejects.csv").read_text().splitlines()[1] == (
        '3,"the price is 0, not above 0",2,B,TWO,1,1/12/2010 08:26,0,7,France'
    )


def test_crash_points_and_schemas_need_no_server(offline: Command, tmp_path: Path) -> None:
    points = [json.loads(line)["name"] for line in offline("faults", "list", "--json").out.splitlines()]
    assert "outbox.after_commit" in points
    done = offline("schemas", "--to", "schemas")
    assert done.code == 0
    written = list((tmp_path / "schemas").iterdir())
    assert len(done.out.splitlines()) == len(written) == len(MESSAGES) + 2, "and the digest, and what webhooks send"
    order = tmp_path / "schemas" / "orders.order.v1.json"
    order.write_text(order.read_text().replace('"code": {', '"number": {}, "code": {'))
    done = offline("schemas", "--to", "schemas")
    assert done.code == 1
    assert "orders.order.v1: number: the field is gone" in done.err


def test_the_flow_is_printed_from_the_wiring(offline: Command) -> None:
    done = offline("flow", "--json")
    assert done.code == 0
    flows = {flow["message"]: flow for flow in map(json.loads, done.out.splitlines())}
    assert flows["orders.order.v1"]["publishers"] == ["orders"]
    assert "orders" in flows["inventory.reservation.v1"]["consumers"]
