"""What a test needs from the machine, and what happens where it is missing.

A test never passes by not running: without the thing it is skipped, and the closing lines of the run give the reason;
with `REQUIRE_REAL=1` (servers, Node, the browser) or `REQUIRE_SPECS=1` (the vendors' files, the order data) it fails.
`.ci/run` sets both. The fixtures in tests/conftest.py are the callers.
"""

import os
from typing import Literal, TypeVar

import pytest

Found = TypeVar("Found")


def require(
    what: str, found: Found | None, remedy: str, *, variable: Literal["REQUIRE_REAL", "REQUIRE_SPECS"] = "REQUIRE_REAL"
) -> Found:
    """Return what was found; else skip the test, or fail it where `variable` is 1. `remedy` says what to do."""
    if found is not None:
        return found
    reason = f"{what} is not here: {remedy}"
    if os.environ.get(variable) == "1":
        pytest.fail(f"{reason} ({variable}=1 makes this a failure)", pytrace=False)
    pytest.skip(reason)
