"""How an order is called: a code nobody can guess, that survives the telephone.

Twelve characters carry 60 random bits, the thirteenth checks them: `7K4Q-9XQ2-M3PDW`. The alphabet is Crockford's
base 32, without I, L, O and U. The check character is a sum over GF(32) with a different weight at every place, so any
one wrong character and any two exchanged ones are noticed. The format is fixed: no setting changes it, so a code that
does not match was not made here.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_REGEX = r"^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}$"
"""What every code matches; documented, and the same in every shop."""

RANDOM_CHARACTERS = 12
_POLYNOMIAL = 0b100101
"""x^5 + x^2 + 1, whose root generates the 31 non-zero elements of GF(32)."""
_READ_AS = str.maketrans("OIL", "011", "- \u00a0\u202f\t._")


def new_code() -> str:
    """A new code with 60 random bits."""
    digits = [secrets.randbelow(32) for _ in range(RANDOM_CHARACTERS)]
    return _written([*digits, _check(digits)])


def parse_code(text: str) -> str | None:
    """The code that somebody typed in whatever way (lower case, no dashes, O for 0), or None if it is none."""
    characters = text.upper().translate(_READ_AS)
    if len(characters) != RANDOM_CHARACTERS + 1 or not set(characters) <= set(ALPHABET):
        return None
    digits = [ALPHABET.index(character) for character in characters]
    return _written(digits) if _check(digits[:-1]) == digits[-1] else None


def _written(digits: list[int]) -> str:
    characters = "".join(ALPHABET[digit] for digit in digits)
    return f"{characters[:4]}-{characters[4:8]}-{characters[8:]}"


def _check(digits: list[int]) -> int:
    """Horner's rule over GF(32): the sum of digit * root^place, places counted from 1."""
    total = 0
    for digit in digits:
        total = _times_root(total ^ digit)
    return total


def _times_root(element: int) -> int:
    doubled = element << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
