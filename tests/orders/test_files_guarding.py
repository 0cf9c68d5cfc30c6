"""No cell of a file we write is a formula to a spreadsheet, and what was guarded is read back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from services.orders.files.guarding import guarded, unguarded

ANYTHING = st.text() | st.text(alphabet="'=+-@\t\r0123456789.,A")


@given(ANYTHING)
def test_no_cell_is_a_formula(text: str) -> None:
    cell = guarded(text)
    assert cell in {text, f"'{text}"}
    is_number_below_zero = cell[1:].replace(".", "", 1).replace(",", "", 1).isdecimal()
    assert not cell.startswith(("=", "+", "@", "\t", "\r"))
    assert not cell.startswith("-") or is_number_below_zero


@given(ANYTHING)
def test_a_guarded_cell_is_read_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_a_guard_of_another_program_is_taken_off_and_other_apostrophes_stay() -> None:
    assert unguarded("'+33612345678") == "+33612345678"
    assert unguarded("'t Hof") == "'t Hof"
