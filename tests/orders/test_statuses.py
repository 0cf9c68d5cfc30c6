"""Statuses as a seller's data: templates and blank forms, texts, defaults, order, and what a status in use keeps."""

from typing import Any

import pytest

from services.orders.commands.status_templates import LANGUAGES, templates
from tests.orders.driver import Driver, Json, line

TEXTS = {"fr": {"name": "En cave"}, "en": {"name": "In the cellar"}}


def status(mnemonic: str = "in_cellar", **more: Any) -> Json:
    """The body of a status made from a blank form."""
    return {"mnemonic": mnemonic, "texts": TEXTS, **more}


async def add(orders: Driver, body: Json, **query: str) -> Json:
    """A status that must be accepted; its document."""
    answer = await orders.http.post("/api/v1/statuses", json=body, params=query)
    assert answer.status_code == 201, answer.text
    document: Json = answer.json()
    return document


async def refused(orders: Driver, body: Json, **query: str) -> str:
    """The field that a refusal names."""
    answer = await orders.http.post("/api/v1/statuses", json=body, params=query)
    assert answer.status_code == 422, answer.text
    field: str = answer.json()["errors"][0]["field"]
    return field


async def put(orders: Driver, known: str, **changes: Any) -> Any:
    """Change a few fields of a status; the answer."""
    present = await orders.get(f"statuses/{known}")
    return await orders.http.put(f"/api/v1/statuses/{known}", json={**present, **changes})


@pytest.mark.row("S4-01")
async def test_orders_work_with_no_status_configured(orders: Driver) -> None:
    made = await orders.place()
    moved = await orders.move(made["code"], "shipped")
    assert moved["status"] == {"mnemonic": "shipped", "type": "shipped", "name": "Expédiée"}


@pytest.mark.row("S2-28", "S4-06", "S4-07")
async def test_status_from_a_blank_form_works_at_once(orders: Driver) -> None:
    made = await orders.place()
    blank = await orders.get("status-templates/blank")
    assert (blank["type"], blank["texts"], blank["mail"]) == ("other", {}, False)
    added = await add(orders, status())
    assert (added["type"], added["default_of_type"], added["active"]) == ("other", False, True)
    moved = await orders.move(made["code"], "in_cellar")
    assert moved["status"] == {"mnemonic": "in_cellar", "type": "other", "name": "En cave"}
    assert (await orders.message(made["id"])).status.mnemonic == "in_cellar"


@pytest.mark.row("S4-04", "S4-05")
async def test_status_from_a_template_is_adapted_to_the_trade(orders: Driver) -> None:
    offered = {found["template"]: found for found in (await orders.get("status-templates"))["items"]}
    assert {"blank", "shipped", "ready_for_pickup", "abandoned"} <= offered.keys()
    added = await add(orders, {}, template="ready_for_pickup")
    assert (added["mnemonic"], added["type"], added["mail"]) == ("ready_for_pickup", "ready", True)
    own = {"mnemonic": "at_the_door", "colour": "#123456", "texts": {"fr": {"name": "Livrée à la cave"}}}
    added = await add(orders, own, template="delivered")
    assert (added["type"], added["colour"]) == ("delivered", "#123456")
    assert added["texts"]["fr"]["name"] == "Livrée à la cave"
    assert added["texts"]["fr"]["mail"] == offered["delivered"]["texts"]["fr"]["mail"]
    unknown = await orders.http.post("/api/v1/statuses", json={}, params={"template": "teleported"})
    assert unknown.status_code == 404
    assert "shipped" in unknown.json()["known"]


async def test_what_is_wrong_is_named(orders: Driver) -> None:
    assert await refused(orders, {"mnemonic": "x"}) == "texts"
    assert await refused(orders, {"texts": TEXTS}) == "mnemonic"
    assert await refused(orders, status("Not One Word")) == "mnemonic"
    assert await refused(orders, status(type="teleported")) == "type"
    assert await refused(orders, status(colour="red")) == "colour"
    assert await refused(orders, status(texts={"fr": {"name": "A", "mail": "{{ order.code"}})) == "texts.fr.mail"
    assert await refused(orders, status(texts={"fr": {"name": "A", "sms": "{% if x %}"}})) == "texts.fr.sms"
    assert await refused(orders, status(texts={"fr": {"name": "A", "sms": "x" * 1601}})) == "texts.fr.sms"
    endless = "{% for i in (1..9000) %}0123456789 {% endfor %}"
    assert await refused(orders, status(texts={"fr": {"name": "A", "mail": endless}})) == "texts.fr.mail"
    assert await refused(orders, status(texts={"fr": {"name": "A", "letter": "x"}})) == "texts.fr.letter"
    assert await refused(orders, status(texts={"french": {"name": "A"}})) != ""
    assert await refused(orders, {"texts": {"de": {"comment": "x"}}}, template="ready") == "texts.de.name"
    assert len((await orders.get("statuses"))["items"]) == 16


@pytest.mark.parametrize("field", ["comment", "subject", "mail", "sms"])
async def test_text_with_a_typo_or_a_bomb_is_refused_on_saving(orders: Driver, field: str) -> None:
    async def errors(text: str) -> list[Json]:
        body = status(texts={"fr": {"name": "A", field: text}})
        answers = [
            await orders.http.post("/api/v1/statuses", json=body),
            await orders.http.put("/api/v1/statuses/received", json=body),
            await orders.http.put("/api/v1/statuses", json={"statuses": {"received": body | {"mnemonic": "received"}}}),
        ]
        assert {answer.status_code for answer in answers} == {422}
        found: list[Json] = answers[0].json()["errors"]
        return found

    end, line = (" ", 1) if field == "subject" else ("\n", 2)  # a subject is one line
    (typo,) = await errors(f"Votre{end}numéro {{{{ order.codee }}}}")
    column = 17 if line == 1 else 11
    assert (typo["field"], typo["line"], typo["column"]) == (f"texts.fr.{field}", line, column)
    assert typo["detail"].startswith(f"line {line}, column {column}: there is no 'order.codee'; there is code, date")
    (unknown,) = await errors(f"{{% if false %}}{end}{{{{ order.code | upcas }}}}{{% endif %}}")
    column = 32 if line == 1 else 17
    assert (unknown["detail"], unknown["line"]) == (f"line {line}, column {column}: there is no filter 'upcas'", line)
    (bomb,) = await errors("{% for i in (1..1000000000) %}x{% endfor %}")
    assert (bomb["detail"], bomb["line"], bomb["column"]) == ("line 1, column 4: loop iteration limit reached", 1, 4)
    kept = await orders.get("statuses/received")
    assert "codee" not in str(kept)
    good = "{{ order.code }} {% for line in lines %}{{ line.name | upcase }}{% endfor %}{{ parcel.carrier }}"
    assert (await put(orders, "received", texts={"fr": {"name": "A", field: good}})).status_code == 200


async def test_status_in_use_keeps_its_type_and_the_history_its_words(orders: Driver) -> None:
    await add(orders, status(type="processing"))
    assert (await put(orders, "in_cellar", type="ready")).status_code == 200
    made = await orders.place()
    await orders.move(made["code"], "in_cellar")
    retyped = await put(orders, "in_cellar", type="processing")
    assert (retyped.status_code, retyped.json()["errors"][0]["field"]) == (409, "type")
    renamed = await put(orders, "in_cellar", mnemonic="in_vault")
    assert (renamed.status_code, renamed.json()["errors"][0]["field"]) == (409, "mnemonic")
    assert (await put(orders, "in_cellar", texts={"fr": {"name": "Au coffre"}}, colour="#000000")).status_code == 200
    assert (await orders.timeline(made["code"]))[-1]["status"]["name"] == "En cave"


async def test_one_status_stands_for_a_type(orders: Driver) -> None:
    await add(orders, status("boxed", type="ready", default_of_type=True))
    standing = {found["type"]: found["mnemonic"] for found in (await orders.get("statuses"))["items"]}
    stands = [found for found in (await orders.get("statuses"))["items"] if found["default_of_type"]]
    assert sorted(found["type"] for found in stands) == sorted(standing)
    assert "boxed" in [found["mnemonic"] for found in stands]
    for change in ({"default_of_type": False}, {"active": False}, {"type": "other"}, {"mnemonic": "crated"}):
        answer = await put(orders, "boxed", **change)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) in ((409, *change), (422, *change))
    assert (await put(orders, "ready", default_of_type=True)).status_code == 200
    assert (await put(orders, "boxed", active=False)).status_code == 200


async def test_status_in_use_rests_instead_of_going(orders: Driver) -> None:
    await add(orders, status("unused"))
    assert (await orders.http.delete("/api/v1/statuses/unused")).status_code == 204
    assert (await orders.http.get("/api/v1/statuses/unused")).status_code == 404
    await add(orders, status())
    made = await orders.place()
    await orders.move(made["code"], "in_cellar")
    kept = await orders.http.delete("/api/v1/statuses/in_cellar")
    assert (kept.status_code, kept.json()["active"]) == (200, False)
    assert (await orders.try_move((await orders.place())["code"], "in_cellar")).status_code == 422
    assert (await orders.read(made["code"]))["status"]["mnemonic"] == "in_cellar"
    assert (await orders.http.delete("/api/v1/statuses/received")).status_code == 409


async def test_status_that_a_rule_sets_stays(orders: Driver) -> None:
    await add(orders, status("paid_for", type="confirmed"))
    shop = {name: value for name, value in (await orders.get("shop")).items() if name not in ("version", "name")}
    assert (await orders.http.put("/api/v1/shop", json=shop | {"on_payment": {"paid": "paid_for"}})).status_code == 200
    answer = await orders.http.delete("/api/v1/statuses/paid_for")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "status-in-use")
    assert (await put(orders, "paid_for", active=False)).status_code == 409


async def test_statuses_stand_in_the_sellers_order(orders: Driver) -> None:
    await add(orders, status())
    body = {"mnemonics": ["in_cellar", "shipped"]}
    assert (await orders.http.put("/api/v1/status-order", json=body)).status_code == 200
    found = [known["mnemonic"] for known in (await orders.get("statuses"))["items"]]
    assert found[:4] == ["in_cellar", "shipped", "draft", "received"]
    for wrong, field in ((["nothing"], "mnemonics.0"), (["ready", "ready"], "mnemonics.1")):
        answer = await orders.http.put("/api/v1/status-order", json={"mnemonics": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_set_is_applied_whole_or_not_at_all(orders: Driver) -> None:
    bodies = {found.pop("mnemonic"): found for found in (await orders.get("statuses"))["items"]}
    bodies["shipped"]["colour"] = "#ffffff"
    bodies["ready"]["default_of_type"] = False
    bodies["boxed"] = {"type": "ready", "default_of_type": True, "texts": TEXTS}
    wanted = {"statuses": bodies}
    before = await orders.get("statuses")
    shown = (await orders.http.put("/api/v1/statuses", json=wanted, params={"dry_run": True})).json()
    assert (shown["created"], sorted(shown["changed"])) == (["boxed"], ["ready", "shipped"])
    assert shown["changed"]["shipped"] == {"colour": ["#0d9488", "#ffffff"]}
    assert await orders.get("statuses") == before

    broken = {"statuses": bodies | {"cancelled": bodies["cancelled"] | {"default_of_type": False}}}
    answer = await orders.http.put("/api/v1/statuses", json=broken)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "statuses.cancelled.default_of_type")
    assert await orders.get("statuses") == before

    done = (await orders.http.put("/api/v1/statuses", json=wanted)).json()
    assert done | {"dry_run": True} == shown
    again = (await orders.http.put("/api/v1/statuses", json=wanted)).json()
    assert (again["created"], again["changed"], len(again["unchanged"])) == ([], {}, 17)


async def test_pruned_set_leaves_only_what_it_names(orders: Driver) -> None:
    defaults = {found.pop("mnemonic"): found for found in (await orders.get("statuses"))["items"]}
    await add(orders, status("unused"))
    await add(orders, status("used"))
    await orders.move((await orders.place(line()))["code"], "used")
    answer = await orders.http.put("/api/v1/statuses", json={"statuses": defaults}, params={"prune": True})
    assert (answer.json()["deleted"], answer.json()["deactivated"]) == (["unused"], ["used"])
    again = await orders.http.put("/api/v1/statuses", json={"statuses": defaults}, params={"prune": True})
    assert (again.json()["deleted"], again.json()["deactivated"]) == ([], [])


@pytest.mark.row("S4-11")
async def test_clients_see_the_name_in_their_language(orders: Driver) -> None:
    await add(orders, status())
    for language, name in (("fr", "En cave"), ("en", "In the cellar"), ("de", "In the cellar")):
        made = await orders.place(language=language)
        await orders.move(made["code"], "in_cellar")
        assert (await orders.message(made["id"])).entries[-1].texts.name == name


def test_no_sentence_of_a_template_is_broken_over_lines() -> None:
    for name, template in templates().items():
        for language in LANGUAGES if template["texts"] else ():
            mail = template["texts"][language]["mail"]
            assert all(len(row) < 90 or row.endswith((".", ":", "!", "?", "%}")) for row in mail.splitlines()), name
            for row, following in zip(mail.splitlines(), mail.splitlines()[1:], strict=False):
                assert not (row and row[-1].isalpha() and following[:1].islower()), (name, language, row)
