"""An import that is interrupted, politely or not, is run again and ends as if nothing had happened."""

import contextlib
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from services.cli import output
from tests.cli.processes import COMPTOIR, KEY, Command, Running, environment, figures, items
from tests.cli.sample import COLUMNS
from tests.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ORDERS = 1500
"""Eight batches: the signal comes after the first, and a busy machine may be late with it."""


def written(path: Path, series: str) -> None:
    """Orders of two lines, of ten SKUs; each order takes three units of stock."""
    rows = [",".join(COLUMNS)]
    for number in range(ORDERS):
        start = f"{series}{number:05d}"
        rows.append(f"{start},{series}-{number % 10},THING,2,1/12/2010 08:26,2.5,{number % 50},France")
        rows.append(f"{start},{series}-{(number + 1) % 10},THING,1,1/12/2010 08:26,1.5,{number % 50},France")
    path.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize(("how", "series"), [(signal.SIGINT, "INT"), (signal.SIGKILL, "KILL")])
def test_a_run_that_was_cut_is_run_again(
    running: Running, comptoir: Command, tmp_path: Path, how: signal.Signals, series: str
) -> None:
    file = tmp_path / "orders.csv"
    written(file, series)
    arguments = ("import", "orders", str(file), "--format", "online-retail")
    code, err = cut(running, tmp_path, arguments, how, series)
    if how is signal.SIGINT:
        assert code == 130, err
        assert err.splitlines()[-2:] == [
            "Error: Interrupted.",
            "       Run the same command again: it goes on where this one stopped.",
        ]
    there = len(items(comptoir("orders", "list", "--query", series, "--json", "--limit", str(2 * ORDERS))))
    assert 0 < there < ORDERS
    done = figures(comptoir(*arguments, "--json"))
    assert (done["orders_created"], done["orders_known"]) == (ORDERS - there, there)

    orders = items(comptoir("orders", "list", "--query", series, "--json", "--limit", str(2 * ORDERS)))
    assert sorted(order["external_id"] for order in orders) == [f"{series}{number:05d}" for number in range(ORDERS)]
    for sku in range(10):
        [counters] = items(comptoir("stock", "show", f"{series}-{sku}", "--json"))
        assert counters["on_hand"] == 3 * ORDERS // 10  # one receipt a SKU, whatever happened


def cut(running: Running, cwd: Path, arguments: tuple[str, ...], how: signal.Signals, series: str) -> tuple[int, str]:
    """Start an import and end it by a signal once some orders are there; its exit code and what it said."""
    env = environment(COMPTOIR_URL=running.url, COMPTOIR_API_KEY=KEY)
    process = subprocess.Popen([str(COMPTOIR), *arguments], env=env, cwd=cwd, stderr=subprocess.PIPE, text=True)
    with closing(sqlite3.connect(f"file:{running.var}/orders.db?mode=ro", uri=True)) as database:
        some = "SELECT EXISTS (SELECT 1 FROM orders WHERE external_id LIKE ?)"
        assert until(lambda: database.execute(some, (f"{series}%",)).fetchone()[0] == 1, seconds=120, every=0.005)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def test_an_interrupt_that_was_swallowed_counts_at_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "interrupts", [])
    with output.progress("Orders", 2) as counter:
        counter.advance()
        with contextlib.suppress(KeyboardInterrupt):
            output.interrupt(signal.SIGINT, None)
        with pytest.raises(KeyboardInterrupt):
            counter.advance()
