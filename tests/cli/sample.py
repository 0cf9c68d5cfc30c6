"""The small sample in samples/, made here: every kind of dirt that the real export has, in few rows.

`python -m tests.cli.sample` writes it; a test compares. Nothing of it is real: names, prices and customers are made up.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
UK = "United Kingdom"

CHANNEL_MAP = """# Where these orders of the sample were sold (--channel-map); all others are the web shop's.
amazon = ["900003", "900009"]
ebay = ["900005"]
"""

Item = tuple[str, str, int, str]
"""SKU, description, quantity, unit price."""

ORDERS: list[tuple[str, str, str, str, list[Item]]] = [
    ("900001", "1/12/2010 08:26", "17001", UK, [
        ("85001A", "WHITE TIN LANTERN", 6, "2.55"),
        ("85001a", "WHITE TIN LANTERN, SMALL", 4, "1.25"),
        ("71002", 'PICTURE FRAME 7" OAK', 8, "3.39"),
        ("85001A", "WHITE TIN LANTERN", 2, "2.1"),
    ]),
    ("900002", "1/12/2010 08:45", "12002", "France", [
        ("22003", "ALARM CLOCK RED", 24, "3.75"),
        ("22004", "ALARM CLOCK GREEN", 24, "3.75"),
        ("POST", "POSTAGE", 3, "18"),
    ]),
    ("900003", "1/12/2010 09:02", "17003", UK, [
        ("85001A", "WHITE TIN LANTERN", 12, "2.55"),
        ("84005", "WOOLLY HOT WATER BOTTLE", 6, "3.75"),
    ]),
    ("900004", "1/12/2010 09:34", "", UK, [
        ("22006", "GIFT BOX SET OF 3", 1, "4.21"),
        ("71002", "", 2, "3.39"),
        ("DOT", "DOTCOM POSTAGE", 1, "14.5"),
    ]),
    ("900005", "1/12/2010 09:41", "17001", UK, [
        ("85001A", "WHITE TIN LANTERN", 10, "2.55"),
        ("21007", "TEA TRAY, ROUND", 5, "12.75"),
    ]),
    ("C900006", "1/12/2010 09:49", "17001", UK, [
        ("85001A", "WHITE TIN LANTERN", -8, "2.55"),
        ("71002", 'PICTURE FRAME 7" OAK', -8, "3.39"),
    ]),
    ("C900007", "1/12/2010 10:24", "17001", UK, [
        ("85001A", "WHITE TIN LANTERN", -4, "2.55"),
        ("D", "Discount", -1, "27.5"),
    ]),
    ("C900008", "1/12/2010 10:30", "12099", "Germany", [("22003", "ALARM CLOCK RED", -2, "3.75")]),
    ("900009", "1/12/2010 11:05", "12009", "EIRE", [
        ("22003", "ALARM CLOCK RED", 6, "3.75"),
        ("22010", "JAM MAKING KIT", 12, "8.5"),
        ("C2", "CARRIAGE", 1, "50"),
    ]),
    ("900010", "1/12/2010 11:52", "", UK, [("22011", "", 56, "0")]),
    ("900012", "1/12/2010 14:32", "17012", UK, [
        ("22010", "JAM MAKING KIT", 2, "8.5"),
        ("22013", "FREE CATALOGUE", 1, "0"),
        ("M", "Manual", 1, "1.95"),
    ]),
    ("900013", "1/12/2010 16:50", "", UK, [("22003", "", -10, "0")]),
    ("900014", "1/12/2010 16:58", "", UK, [("84005", "damaged?", -38, "0")]),
    ("900015", "2/12/2010 09:10", "17015", "Norway", [
        ("84005", "WOOLLY HOT WATER BOTTLE", 36, "3.25"),
        ("22004", "ALARM CLOCK GREEN", 4, "3.75"),
        ("BANK CHARGES", "Bank Charges", 1, "15"),
    ]),
    ("C900016", "2/12/2010 09:15", "", UK, [("22006", "GIFT BOX SET OF 3", -1, "4.21")]),
    ("900017", "2/12/2010 14:42", "17003", UK, [
        ("22018", "PAPER CHAIN KIT 50'S CHRISTMAS", 40, "2.55"),
        ("84005", "WOOLLY HOT WATER BOTTLE", 4, "3.75"),
    ]),
    ("900019", "2/12/2010 15:00", "", "Spain", [("22006", "GIFT BOX SET OF 3", 3, "4.21")]),
]  # fmt: skip


def rows() -> Iterator[tuple[str, ...]]:
    """The rows as the export writes them."""
    for number, moment, customer, country, items in ORDERS:
        for sku, name, quantity, price in items:
            yield (number, sku, name, str(quantity), moment, price, customer, country)


def text() -> str:
    """The whole file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    writer.writerows(rows())
    return buffer.getvalue()


if __name__ == "__main__":
    SAMPLES.joinpath("online-retail-sample.csv").write_text(text(), newline="")
    SAMPLES.joinpath("channel-map.toml").write_text(CHANNEL_MAP)
