"""The ways in which a call to somebody else's machine goes wrong, and the tests that show what is then done.

A test says `@pytest.mark.failure_mode(7)`. `python -m tests.failure_modes` prints them all, by number; that each has a
test is itself a test (`tests/architecture/test_failure_modes.py`). Marks are read from the text of the tests, so that
the list is whole whatever part of them runs.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
MARK = "failure_mode"

MODES = {
    1: "429: the lane waits as long as it is told, by seconds or by date, else by its rate, and nobody is at fault",
    2: "500, 502, 503, 504: sent again where that is safe, looked up first where it is not, left to a person elsewhere",
    3: "time-out or reset after sending: the outcome is unknown, never failed; before sending it is a plain retry",
    4: "401 or 403: one new token, one more try; then the account is parked, and a person told",
    5: "token endpoint away: the token that is still valid goes on serving",
    6: "confirmed twice: the second is found to be the first",
    7: "partial shipments: one call a parcel, with its own units",
    8: "order cancelled at the marketplace: not confirmed, and orders hears of it; a buyer's wish stays a wish",
    9: "tracking number or carrier refused: normalised first, then rejected with the reason; a correction goes again",
    10: "400, 404, 413, 415, 422: for good, in the other side's own words",
    11: "2xx that is no success: the body is read",
    12: "no body, no JSON, a page of HTML, missing headers: the status decides, and a body has an end",
    13: "answers out of order and late: ranked, kept until they can be matched, verified first",
    14: "the horizon: waits double from 5 s to 1 h, somebody is told after an hour, and there is an end",
    15: "clocks that differ: a parcel leaves neither in the future nor before its order",
    16: "values that the vendor's file does not name: taken as they come, counted and logged",
    17: "quotas: kept by each lane, and the newest stock level alone leaves",
    18: "a poisoned account holds up nobody else",
}


def marked(folder: Path = TESTS) -> dict[int, list[str]]:
    """Tests by the number they are marked with, as pytest names them."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for name, number in _marks(ast.parse(path.read_text())):
            found[number].append(f"{path.relative_to(folder.parent)}::{name}")
    return dict(found)


def complaints(found: dict[int, list[str]]) -> list[str]:
    """What the list has against these marks: modes without a test, numbers of none."""
    missing = [f"{number} has no test: {words}" for number, words in MODES.items() if not found.get(number)]
    return missing + [f"there is no mode {number}: {found[number]}" for number in sorted(set(found) - set(MODES))]


def _marks(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == MARK:
                yield from ((node.name, ast.literal_eval(argument)) for argument in call.args)


def main() -> None:
    """Print every mode with its tests."""
    found = marked()
    for number, words in MODES.items():
        sys.stdout.write(f"{number:2} {words}\n")
        sys.stdout.writelines(f"     {test}\n" for test in found.get(number, []))


if __name__ == "__main__":
    main()
