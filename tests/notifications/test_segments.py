"""How many parts an SMS has: the alphabet of 3GPP TS 23.038 and its limits, at their edges."""

import pytest

from services.notifications.domain.segments import BASIC, EXTENSION, Encoding, Segments, segments

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


def test_the_alphabet_is_whole() -> None:
    assert len(BASIC) == 127, "128 septets, one of which is the escape"
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(GSM, 0, 0)),
        ("a" * 160, Segments(GSM, 1, 160)),
        ("a" * 161, Segments(GSM, 2, 161)),
        ("a" * 306, Segments(GSM, 2, 306)),
        ("a" * 307, Segments(GSM, 3, 307)),
        ("é" * 160, Segments(GSM, 1, 160)),
        ("€" * 80, Segments(GSM, 1, 160)),
        ("€" * 81, Segments(GSM, 2, 162)),
        ("a" * 152 + "€" + "a" * 152, Segments(GSM, 3, 306)),
        ("ê" * 70, Segments(UCS, 1, 70, "ê")),
        ("ê" * 71, Segments(UCS, 2, 71, "ê")),
        ("ê" * 134, Segments(UCS, 2, 134, "ê")),
        ("ê" * 135, Segments(UCS, 3, 135, "ê")),
        ("🍷" * 35, Segments(UCS, 1, 70, "🍷")),
        ("a" * 66 + "🍷" + "a" * 66, Segments(UCS, 3, 134, "🍷")),
        ("Reçue", Segments(UCS, 1, 5, "ç")),
        ("REÇUE", Segments(GSM, 1, 5)),
    ],
    ids=lambda value: f"{value.encoding}-{value.count}x{value.units}" if isinstance(value, Segments) else "",
)
def test_parts_and_units(text: str, expected: Segments) -> None:
    assert segments(text) == expected
