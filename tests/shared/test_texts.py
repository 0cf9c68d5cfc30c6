"""What a seller may write: typos are found with their place, and nothing wastes time or memory or reaches an object."""

import time
import tracemalloc

import pytest

from shared.texts import LANGUAGES, SMS_LENGTH, BadText, check, render, samples

FULL = samples("fr")[1]
LONG = "{% capture x %}{% for i in (1..5000) %}aaaaaaaaaa{% endfor %}{% endcapture %}"

BOMBS = {
    "a loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "loops in loops": "{% for a in (1..9999) %}{% for b in (1..9999) %}{{ a }}{% endfor %}{% endfor %}",
    "loops after loops": "{% for i in (1..10000) %}{% assign x = i %}{% endfor %}" * 200,
    "a loop over much": "{% for i in (1..10000) %}" + "{% if 1 == 2 %}{% endif %}" * 500 + "{% endfor %}",
    "doubling": "{% assign s = 'xxxx' %}{% for i in (1..999) %}{% assign s = s | append: s %}{% endfor %}{{ s }}",
    "filters in a row": "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 9 + " | size }}",
    "a long range": "{{ (1..1000000000) | join: '' | size }}",
    "a range reversed": "{{ (1..1000000000) | reverse | size }}",
    "much sorting": LONG
    + "{% for i in (1..9000) %}{% assign y = x | split: '' | sort | join: ',' | size %}{% endfor %}",
    "a list doubled": LONG
    + "{% assign l = x | split: '@' %}{% for i in (1..20) %}{% assign l = l | concat: l %}{% endfor %}{{ l | join }}",
    "a long separator": LONG + "{% assign l = '1,2,3,4,5,6,7,8,9,0,1,2' | split: ',' %}{{ l | join: x | size }}",
    "squares": "{% assign x = 9 %}{% for i in (1..30) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
    "deep nesting": "{% if true %}" * 1500 + "{% endif %}" * 1500,
    "parentheses": "{% if " + "(" * 20_000 + "true" + ")" * 20_000 + " %}{% endif %}",
    "mere length": "x" * 100_000 + "{{ order.code }}",
}


@pytest.mark.row("S2-19")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_stopped_on_saving_and_on_sending(bomb: str) -> None:
    start = time.process_time()
    for use in (check, lambda text: render(text, FULL)):
        with pytest.raises(BadText):
            use(bomb)
    assert time.process_time() - start < 3.0


def test_a_bomb_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadText):
            render(BOMBS["filters in a row"], FULL)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("Bonjour\n {{ customer.nam }}", (2, 5), "there is no 'customer.nam'; there is name"),
        ("{% for l in lines %}{{ l.nam }}{% endfor %}", (1, 24), "l.nam is undefined"),
        ("{% if order.code == 'x' %}{{ ordr.code }}{% endif %}", (1, 30), "there is no 'ordr'"),
        ("{{ order.code | upcas }}", (1, 17), "there is no filter 'upcas'"),
        ("{{ parcels[0].weight }}", (1, 4), "there is no 'parcels.0.weight'"),
        ("{{ order.code.letters }}", (1, 4), "there is no 'order.code.letters'"),
        ("{{ order.__class__ }}", None, ""),
        ("ab {{ order.code", (1, 4), "expected '}}'"),
        ("{% include 'other' %}", (1, 4), "unexpected tag 'include'"),
        ("{{ 1 | divided_by: 0 }}", (1, 8), "can't divide by 0"),
        ("{{ '1e999999' | ceil }}", None, "a filter cannot do that"),
        ("{% if order.code %} x", None, "expected tag endif"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: tuple[int, int] | None, said: str) -> None:
    with pytest.raises(BadText) as wrong:
        check(text)
    assert said in wrong.value.detail
    if place is not None:
        assert (wrong.value.line, wrong.value.column) == place
        assert str(wrong.value).startswith(f"line {place[0]}, column {place[1]}: ")


@pytest.mark.parametrize(
    "text",
    [
        "Merci.",
        "{ not } Liquid",
        "{{ order.code }} {{ parcel.carrier }} {{ parcel.tracking_url }}",
        "{% if parcel.number %}{{ parcel.carrier | default: 'Colissimo' }}{% endif %}",
        "{% for line in lines %}{{ forloop.index }}: {{ line.quantity | times: 2 }} {{ line.name }}{% endfor %}",
        "{{ lines.size }} {{ lines[0].name }} {{ lines.last.sku }} {{ 'now' | date: '%Y' }}",
        "{% assign n = lines | map: 'name' | join: ', ' %}{{ n }}",
        "{% if order.history_url != '' %}{{ order.history_url }}{% endif %}",
    ],
)
def test_what_sellers_write_is_accepted(text: str) -> None:
    check(text)


def test_a_text_fills_in_plainly_for_an_order_of_a_thousand_lines() -> None:
    lines = [{"name": f"Vin <{number}>", "sku": "V", "quantity": 2, "total": "19,80 €"} for number in range(1000)]
    text = "{% for l in lines %}{{ l.quantity }} × {{ l.name | upcase | truncate: 20 }}: {{ l.total }}\n{% endfor %}"
    filled = render(text, FULL | {"lines": lines}).splitlines()
    assert (len(filled), filled[0], filled[-1]) == (1000, "2 × VIN <0>: 19,80 €", "2 × VIN <999>: 19,80 €")


def test_a_text_is_saved_as_long_as_a_mail_has_room_for_it() -> None:
    check("{% for i in (1..3500) %}0123456789 {% endfor %}")
    with pytest.raises(BadText, match="output stream limit"):
        check("{% for i in (1..3700) %}0123456789 {% endfor %}")


@pytest.mark.parametrize("text", ["é" * 1601, "{% for line in lines %}" + "é" * 600 + "{% endfor %}"])
def test_a_text_may_have_a_length_of_its_own_filled_in(text: str) -> None:
    check(text)
    with pytest.raises(BadText, match="may have 1600"):
        check(text, SMS_LENGTH)
    check(f"{'é' * 1600}  ", SMS_LENGTH)


def test_objects_are_out_of_reach() -> None:
    assert render("[{{ order.__class__ }}{{ order.code.__class__ }}{{ nothing.at.all }}]", FULL) == "[]"


def test_samples_come_in_each_language() -> None:
    assert [len(samples(language)) for language in LANGUAGES] == [3, 3]
    assert samples("fr")[0]["order"]["total"] == "12,50\xa0€"
    assert samples("en")[0]["order"]["total"] == "€12.50"
