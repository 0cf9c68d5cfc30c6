"""The mail as its reader sees it."""

import re
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from services.notifications.channels.fitting import LARGEST
from services.notifications.channels.letters import LISTED, compose
from services.notifications.channels.texts import BadText, render, variables
from services.notifications.channels.words import WORDS, words_of
from services.notifications.domain.payloads import Closed, Item, Letter, Postal, Tracking
from shared.texts import samples
from tests.notifications.counterparts import letter, words
from tests.notifications.driver import NOON


def _parts(one: Letter) -> tuple[str, str]:
    message = message_from_bytes(compose(one, "id", one.words.code, NOON), policy=SMTP)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.row("S1-22")
def test_both_parts_say_the_same() -> None:
    told = words(
        items=(Item("Graves rouge <1er cru>", "wine", 6, 2940),),
        parcels=(
            Tracking(1, "Colissimo", "6A0001", "https://parcels.example/6A0001?a=1&b=2"),
            Tracking(2, "Paul", "7"),
        ),
        shipping=Postal(("Camille Dubois", "1 rue du Puits", "33000 Bordeaux", "FR")),
    )
    text, html = _parts(letter(words=told, message="À bientôt !"))
    for said in ("Merci Camille Dubois.", "À bientôt !", "6A0001", "1 rue du Puits"):
        assert said in text
        assert said in html
    assert "Colissimo 6A0001  https://parcels.example/6A0001?a=1&b=2" in text
    assert 'href="https://parcels.example/6A0001?a=1&amp;b=2"' in html
    assert "1\u202f481,40\xa0€" in text
    assert "Graves rouge <1er cru>" in text
    assert "Graves rouge &lt;1er cru&gt;" in html
    assert "<1er cru>" not in html


@pytest.mark.row("S4-12")
def test_the_order_speaks_its_own_language() -> None:
    text, _ = _parts(letter(words=words(language="en"), body=""))
    assert "Hello Camille Dubois," in text
    assert "€1,481.40" in text
    assert words_of("de")[0] == "en"


def test_closing_periods_are_told_to_clients_once() -> None:
    told = words(closings=(Closed(date(2026, 8, 1), date(2026, 8, 16), "Congés d'été <ici>"),))
    text, html = _parts(letter(words=told))
    assert "Fermeture de la boutique\nDu 1 août 2026 au 16 août 2026 : Congés d'été <ici>" in text
    assert "Du 1 août 2026 au 16 août 2026" in html
    assert "&lt;ici&gt;" in html
    for silent in (letter(words=told, role="administrator"), letter(words=words())):
        assert "Fermeture" not in "".join(_parts(silent))
    own = letter(words=told, body="{% for closed in closings %}Fermé dès le {{ closed.starts }}{% endfor %}")
    text, _ = _parts(own)
    assert "Fermé dès le 1 août 2026" in text
    assert "Fermeture" not in text


def test_what_the_sellers_text_says_is_not_said_twice() -> None:
    told = words(items=(Item("Graves", "wine", 6, 2940),), parcels=(Tracking(1, "UPS", "1Z999"),))
    body = (
        "Bonjour {{ customer.name }} : {% for line in lines %}{{ line.name }}{% endfor %}, {{ parcel.tracking_number }}"
    )
    text, html = _parts(letter(words=told, body=body))
    for part in (text, html):
        assert [part.count(said) for said in ("Bonjour", "Graves", "1Z999")] == [1, 1, 1]
    silent, _ = _parts(letter(words=told, body=""))
    assert [silent.count(said) for said in ("Bonjour", "Graves", "1Z999")] == [1, 1, 1]


def test_the_client_follows_the_order_by_a_button_or_by_the_sellers_own_words() -> None:
    link = "https://cave.example.com/h/abc?a=1&b=2"
    text, html = _parts(letter(words=words(history_url=link)))
    assert f"Suivre ma commande : {link}" in text
    assert html.count('href="https://cave.example.com/h/abc?a=1&amp;b=2"') == 1
    own = letter(
        words=words(history_url=link, client="https://evil.example"), body="{{ customer.name }} {{ order.history_url }}"
    )
    text, html = _parts(own)
    assert text.count(link) == 1
    assert html.count('href="https://cave.example.com/h/abc?a=1&amp;b=2"') == 1
    assert 'href="https://evil.example' not in html
    _, html = _parts(letter(role="administrator", words=words(history_url=link)))
    assert "abc?a=1" not in html, "that is the client's own link"


def test_a_mail_fits_a_telephone_and_a_dark_room() -> None:
    """Widths and colours were looked at in a browser; this holds what they need."""
    _, html = _parts(letter())
    assert '<meta name="color-scheme" content="light dark"' in html
    dark = html.partition("@media (prefers-color-scheme: dark)")[2].partition("</style>")[0]
    assert ".whole div { color: #e8eaee !important; }" in dark
    assert 'class="whole"' in html
    assert 'name="viewport" content="width=device-width' in html
    assert "max-width:600px" in html
    assert "<img" not in html


def test_the_languages_have_the_same_words() -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()


@pytest.mark.row("S2-06")
def test_a_long_order_stays_short_enough_for_every_mailbox() -> None:
    items = tuple(Item(f"Article avec un nom assez long, numéro {number}", "x", 1, 100) for number in range(500))
    text, html = _parts(letter(words=words(items=items)))
    assert len(html.encode()) < 60_000
    assert f"et {500 - LISTED} autres lignes" in text


_BLOAT = '"<é' * 167
"""As long as a name may be, and several times as long in HTML."""


@pytest.mark.parametrize(
    "more",
    [
        {"words": words(items=tuple(Item(_BLOAT, "x", 1, 100) for _ in range(60)))},
        {"body": "{% for i in (1..9000) %}0123456789 {% endfor %}"},
        {"body": "{% for i in (1..9000) %}é\n\n{% endfor %}", "message": "à\n\n" * 1600},
        {"body": "{{ order.history_url }} " * 2000, "words": words(history_url="https://cave.example.com/h/abc")},
        {"words": words(parcels=tuple(Tracking(n, _BLOAT, "X", f"https://x.example/{n}?{_BLOAT}") for n in range(99)))},
        {"words": words(closings=tuple(Closed(date(2026, 8, 1), date(2026, 8, 2), _BLOAT) for _ in range(99)))},
        {"words": words(shop=_BLOAT, client=_BLOAT, status=_BLOAT), "body": '"' * 90_000, "contact": (_BLOAT,) * 3},
    ],
    ids=["names", "one line", "paragraphs", "links", "parcels", "closings", "quotes"],
)
def test_no_mail_outgrows_its_limit_whatever_is_in_it(more: dict[str, Any]) -> None:
    text, html = _parts(letter(**more))
    assert 40_000 < len(html.encode()) < LARGEST
    for last in ("Total TTC", "1\u202f481,40\xa0€", "Ce message concerne votre commande CO-1"):
        assert last in html
        assert last in text


def test_lines_without_room_are_counted_in_both_parts() -> None:
    items = tuple(Item(f"{number} {_BLOAT}"[:500], "x", 1, 100) for number in range(60))
    text, html = _parts(letter(words=words(items=items)))
    shown = text.count(_BLOAT[:400])
    assert 10 < shown < LISTED
    for part in (text, html):
        assert f"et {60 - shown} autres lignes" in part


def test_a_text_that_is_cut_says_so() -> None:
    long = letter(
        body="{% for i in (1..9000) %}0123456789 {% endfor %}", words=words(items=(Item("Graves", "x", 1, 1),))
    )
    for part in _parts(long):
        assert re.search(r"0123456789 0?1?2?3?4?5?6?7?8?9?…", part)
        assert "et 1 autres lignes" in part


def test_a_sellers_html_is_text() -> None:
    _, html = _parts(letter(body="<script>alert(1)</script>", message="<img src=x>"))
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_a_bomb_is_rendered_no_more_than_it_is_saved() -> None:
    with pytest.raises(BadText, match="limit"):
        render("{% for i in (1..1000000000) %}x{% endfor %}", words())


def test_variables() -> None:
    told = words(parcels=(Tracking(1, "Colissimo", "A1"), Tracking(2, "UPS", "B2")), items=(Item("Vin", "v", 2, 980),))
    text = "{{ order.date }} {{ parcel.tracking_number }} {% for l in lines %}{{ l.quantity }} {{ l.name }}{% endfor %}"
    assert render(text, told) == "2 mars 2026 B2 2 Vin"


def test_the_samples_that_texts_are_tried_on_have_what_orders_have() -> None:
    """Whatever `shared.texts` lets a text speak of is there, and nothing else is."""

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {name: shape(found) for name, found in value.items()}
        return [shape(value[0])] if isinstance(value, list) and value else []

    told = words(
        items=(Item("Vin", "v", 2, 980),),
        parcels=(Tracking(1, "UPS", "B2"),),
        closings=(Closed(date(2026, 8, 1), date(2026, 8, 16), ""),),
    )
    assert shape(variables(told)) == shape(samples("fr")[1])
    assert shape(variables(words(items=(Item("Vin", "v", 2, 980),)))) == shape(samples("en")[0])
