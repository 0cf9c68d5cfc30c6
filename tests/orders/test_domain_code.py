"""Order codes: fixed format, read tolerantly, and any single slip is noticed."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from services.orders.domain.code import ALPHABET, CODE_REGEX, new_code, parse_code

CODES = st.builds(new_code)


def test_codes_match_the_documented_format_and_differ() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(re.fullmatch(CODE_REGEX, code) for code in codes)


@given(CODES)
def test_code_is_read_however_it_is_typed(code: str) -> None:
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert parse_code(spoken) == code
    assert parse_code(code.replace("-", "")) == code


@given(CODES, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(code: str, place: int, character: str) -> None:
    bare = code.replace("-", "")
    assume(bare[place] != character)
    assert parse_code(bare[:place] + character + bare[place + 1 :]) is None


@given(CODES, st.integers(0, 12), st.integers(0, 12))
def test_two_exchanged_characters_are_noticed(code: str, one: int, other: int) -> None:
    bare = list(code.replace("-", ""))
    assume(bare[one] != bare[other])
    bare[one], bare[other] = bare[other], bare[one]
    assert parse_code("".join(bare)) is None


@given(st.text(max_size=20))
def test_anything_may_be_asked(text: str) -> None:
    found = parse_code(text)
    assert found is None or re.fullmatch(CODE_REGEX, found)
