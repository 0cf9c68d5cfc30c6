"""Files of products, movements, prices and counts through the command line, transfers, and the proof and repair."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import Command, figures, items

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def write(folder: Path, name: str, *rows: str) -> str:
    file = folder / f"{name}.csv"
    file.write_text("\n".join(rows) + "\n")
    return str(file)


def reasons(file: Path) -> dict[int, str]:
    with file.open(newline="") as text:
        return {int(row["line"]): row["reason"] for row in csv.DictReader(text)}


def shelves(comptoir: Command, sku: str) -> dict[str, Any]:
    found = figures(comptoir("stock", "show", sku, "--json"))
    return {at["location"]: at["on_hand"] for at in found["locations"]}


def test_products_movements_and_counts_from_files(comptoir: Command, tmp_path: Path) -> None:
    products = write(
        tmp_path, "products", "sku,name,price,backorder,safety_stock,origin",
        "ST-1,Wine,12.50,refused,2,Bordeaux", "ST-2,Gift,free,,,", "ST-1,Twice,1,,,", ",Nameless,1,,,",
        "ST-3,Glass,,,,",
    )  # fmt: skip
    done = comptoir("stock", "import", "products", products, "--json")
    assert done.code == 3, done.err
    assert "Products: 100 %" in done.err
    assert figures(done, code=3) | {"rejects_file": ""} == {"rows": 5, "taken": 2, "rejected": 3, "rejects_file": ""}
    said = reasons(tmp_path / "products-rejects.csv")
    assert said[3].startswith("price: ")
    assert (said[4], said[5]) == ("sku: the same as on line 2", "sku: is empty")

    movements = write(
        tmp_path, "movements", "sku,quantity,reason,note",
        "ST-1,9,receipt,delivery 17", "ST-1,many,receipt,", "ST-9,1,receipt,", "ST-3,4,theft,", "ST-3,6,receipt,",
        "ST-3,1,loss,",
    )  # fmt: skip
    dry = figures(comptoir("stock", "import", "movements", movements, "--dry-run", "--json"), code=3)
    assert (dry["taken"], dry["rejected"]) == (5, 1)
    for _ in range(2):
        assert figures(comptoir("stock", "import", "movements", movements, "--json"), code=3)["taken"] == 2
        assert shelves(comptoir, "ST-1") == {"main": 9}
    assert set(reasons(tmp_path / "movements-rejects.csv")) == {3, 4, 5, 7}

    prices = write(
        tmp_path, "prices", "sku,price_list,currency,price,includes_tax",
        "ST-1,reseller,EUR,9.50,no", "ST-1,historic,EUR,11,", "ST-1,reseller,EUR,9,", "ST-1,reseller,JPY,9.5,",
        "ST-9,reseller,EUR,9,", "ST-3,reseller,EUR,4.20,no",
    )  # fmt: skip
    done = comptoir("stock", "import", "prices", prices, "--json")
    assert "Prices: 100 %" in done.err
    assert figures(done, code=3)["taken"] == 3
    assert {line: reason.partition(":")[0] for line, reason in reasons(tmp_path / "prices-rejects.csv").items()} == {
        4: "sku and price_list and currency",
        5: "price",
        6: "sku",
    }
    lists = items(comptoir("stock", "price-lists", "--json"))
    assert {found["name"]: found["prices"] for found in lists} == {"historic": {"EUR": 1}, "reseller": {"EUR": 2}}
    assert "2 in EUR" in comptoir("stock", "price-lists").out

    counts = write(tmp_path, "counts", "sku,counted", "ST-1,7", "ST-3,6")
    assert figures(comptoir("stock", "import", "counts", counts, "--json"))["taken"] == 2
    assert not (tmp_path / "counts-rejects.csv").exists()
    counted = figures(comptoir("stock", "show", "ST-1", "--json"))
    assert (counted["on_hand"], counted["available"], counted["orderable"]) == (7, 5, 5)


def test_locations_transfers_and_the_proof(comptoir: Command, tmp_path: Path) -> None:
    assert "main" in comptoir("stock", "locations").out
    refused = comptoir("stock", "transfer", "ST-1", "2", "--from", "main", "--to", "moon")
    assert (refused.code, len(refused.err.splitlines())) == (1, 2)
    for arguments in (("stock", "verify", "--json"), ("stock", "verify", "--repair", "--json")):
        assert figures(comptoir(*arguments))["ok"]
    assert [at["code"] for at in items(comptoir("stock", "locations", "--json"))] == ["main"]


def test_an_unreadable_file_is_two_lines(comptoir: Command, tmp_path: Path) -> None:
    wrong = comptoir("stock", "import", "counts", write(tmp_path, "wrong", "sku,amount", "ST-1,7"))
    assert (wrong.code, len(wrong.err.splitlines())) == (1, 2)
