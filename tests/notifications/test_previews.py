"""What is shown before a mail leaves is what leaves; a test goes to the shop's own people and to nobody else."""

from typing import Any

import pytest

from shared.contracts import Customer, Order, Texts
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import ADMINISTRATORS, Driver, entry, line, order, parcel, shop
from tests.servers.smtp import SmtpServer

URL = "/api/v1/notifications"
EDITED = Texts(
    name="Reçue", subject="{{ order.code }} : à demain", mail="Chère {{ customer.name }},\n\nà demain !", sms="Ô !"
)


async def preview(house: Driver, asked: Order, **more: Any) -> list[dict[str, Any]]:
    """What a change would say."""
    body = {"order": asked.model_dump(mode="json"), **more}
    answer = await house.http.post(f"{URL}/preview", json=body)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def parts(message: str) -> tuple[str, str]:
    """The mail without what only its sending knows: its id, in Message-ID and boundary, and its date."""
    kept = [row for row in message.splitlines() if not row.startswith(("Message-ID:", "Date:"))]
    [id_] = {row.split("<")[1].split("@")[0] for row in message.splitlines() if row.startswith("Message-ID:")}
    return "\n".join(kept).replace(id_, "ID"), id_


@pytest.mark.row("S2-19", "S2-20")
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_preview_is_what_is_sent(make_driver: MakeDriver, smtp_server: SmtpServer, language: str) -> None:
    """Before: equal but for id and date; afterwards, of the delivery, equal byte for byte."""
    account = {"host": "127.0.0.1", "port": smtp_server.port, "security": "none"}
    house = await make_driver(smtp=account)
    asked = order(
        1, 1, entry(1, mail=True, mail_admins=True, texts=EDITED, message="<b>Merci</b> & à bientôt"), language=language
    )
    before = {item["role"]: item for item in await preview(house, asked)}
    await house.hear(asked)
    await house.deliver()
    sent = {item.message["To"].addresses[0].addr_spec: item for item in smtp_server.received}
    assert len(sent) == len(before) == 2
    for delivery in await house.deliveries(order="CO-1"):
        shown = before[delivery["role"]]
        received = sent[shown["to"][0]]
        content = received.content.decode().replace("\r\n", "\n")
        assert parts(shown["message"])[0] == parts(content)[0]
        after = (await house.http.get(f"{URL}/deliveries/{delivery['id']}/preview")).json()
        assert after["message"] == content
        assert (after["subject"], after["html"], after["text"]) == (shown["subject"], shown["html"], shown["text"])
        assert str(received.message["Subject"]) == shown["subject"]
    assert before["client"]["subject"] == "CO-1 : à demain"
    assert "&lt;b&gt;Merci&lt;/b&gt; &amp; à bientôt" in before["client"]["html"]


async def test_preview_tells_what_an_sms_costs(house: Driver) -> None:
    plain = Texts(name="Reçue", sms="{{ shop.name }} : commande {{ order.code }} à retirer")
    [item] = await preview(house, order(1, 1, entry(1, sms=True, texts=plain)))
    assert item == {
        **dict.fromkeys(("subject", "html", "message", "problem")),
        "channel": "sms",
        "role": "client",
        "to": ["+33612345678"],
        "text": "La Cave : commande CO-1 à retirer",
        "encoding": "GSM-7",
        "units": 33,
        "segments": 1,
        "foreign": "",
    }
    circumflex = Texts(
        name="Reçue", sms="Votre commande est prête, venez la chercher quand vous voulez, nous sommes là"
    )
    [item] = await preview(house, order(1, 1, entry(1, sms=True, texts=circumflex)))
    assert (item["encoding"], item["segments"], item["foreign"]) == ("UCS-2", 2, "ê")


@pytest.mark.parametrize(
    ("phone", "text", "to", "problem"),
    [
        ("06 12 34 56 78", "x" * 1601, "+33612345678", "Body: "),
        ("12", "Bonjour", "12", "the telephone number has not the right length"),
        ("06 12 34 56 78", "{{ parcel.number }}", "+33612345678", "the text is empty"),
    ],
)
async def test_preview_says_why_an_sms_would_not_leave(
    house: Driver, phone: str, text: str, to: str, problem: str
) -> None:
    client = Customer(name="Camille Dubois", email="camille@example.com", phone=phone)
    asked = order(1, 1, entry(1, sms=True, texts=Texts(name="Reçue", sms=text)), customer=client)
    [item] = await preview(house, asked)
    assert item["to"] == [to]
    assert item["problem"].startswith(problem)
    await house.hear(asked)
    await house.deliver()
    [delivery] = await house.deliveries(order="CO-1")
    assert (delivery["outcome"], delivery["reason"]) == ("rejected", item["problem"])
    after = (await house.http.get(f"{URL}/deliveries/{delivery['id']}/preview")).json()
    assert (after["to"], after["problem"]) == ([to], item["problem"])


async def test_preview_says_that_nobody_carries_the_shops_sms(make_driver: MakeDriver) -> None:
    house = await make_driver(sandbox=False)
    [item] = await preview(house, order(1, 1, entry(1, sms=True)))
    assert item["problem"] == "no sms account is set up for this shop"


@pytest.mark.row("S2-20")
async def test_a_test_goes_to_the_shops_own_people(make_driver: MakeDriver, smtp_server: SmtpServer) -> None:
    house = await make_driver(smtp={"host": "127.0.0.1", "port": smtp_server.port, "security": "none"})
    body = {"order": order(1, 1, entry(1, mail=True, texts=EDITED)).model_dump(mode="json"), "to": ADMINISTRATORS[0]}
    answer = await house.http.post(f"{URL}/test-mail", json=body, headers={"Idempotency-Key": "once"})
    again = await house.http.post(f"{URL}/test-mail", json=body, headers={"Idempotency-Key": "once"})
    assert (answer.status_code, again.json()) == (202, answer.json())
    await house.deliver()
    [received] = smtp_server.received
    assert received.recipients == (ADMINISTRATORS[0],)
    assert str(received.message["Subject"]) == "[Essai] CO-1 : à demain"
    text = received.message.get_body(("plain",))
    assert text is not None
    assert text.get_content().startswith("Ceci est un essai")
    assert "Chère Camille Dubois," in text.get_content()
    gone = await house.http.get(f"{URL}/deliveries/{answer.json()['delivery']}/preview")
    assert gone.json()["detail"] == "Its contents are no longer kept."


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        ("test-mail", {"to": "somebody@example.org"}, "to"),
        ("preview", {"order": order(1, 1, entry(1, mail=True), shop="other")}, "order.shop"),
        ("preview", {"order": order(1, 1)}, "order.entries"),
        ("preview", {"order": order(1, 1, entry(1, mail=True), currency="XXA")}, "order"),
        ("preview", {"order": order(1, 1, entry(1, mail=True, texts=Texts(name="A", mail="{{ a"))) }, "order"),
        ("preview", {"order": order(1, 1, entry(1, mail=True), lines=(line(1, name="a\x00b"),))}, "order"),
    ],
)  # fmt: skip
async def test_what_cannot_be_shown_is_said(house: Driver, path: str, changes: dict[str, Any], field: str) -> None:
    asked = {"order": order(1, 1, entry(1, mail=True))} | changes
    body = asked | {"order": asked["order"].model_dump(mode="json")}
    answer = await house.http.post(f"{URL}/{path}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_nothing_to_test_is_said(house: Driver) -> None:
    body = {"order": order(1, 1, entry(1)).model_dump(mode="json")}
    answer = await house.http.post(f"{URL}/test-mail", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:comptoir:problem:nothing-said")
    await house.hear(shop(version=2, administrators=()))
    assert (await house.http.post(f"{URL}/test-mail", json=body)).json()["errors"][0]["field"] == "to"


@pytest.mark.row("S1-04", "S1-24", "S2-08")
async def test_shipment_is_told_to_the_client_and_to_every_administrator(
    make_driver: MakeDriver, smtp_server: SmtpServer
) -> None:
    """The status asked for the mail, which has carrier and tracking code; additional administrators get it too."""
    house = await make_driver(smtp={"host": "127.0.0.1", "port": smtp_server.port, "security": "none"})
    await house.hear(shop(version=2, administrators=(*ADMINISTRATORS, "third@example.com")))
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True), parcels=(parcel(1),)))
    await house.hear(order(2, 1, entry(2)))
    await house.deliver()
    assert {received.recipients for received in smtp_server.received} == {
        ("camille@example.com",),
        (*ADMINISTRATORS, "third@example.com"),
    }
    for received in smtp_server.received:
        text = received.message.get_body(("plain",))
        assert text is not None
        assert "Colissimo 6A 00001" in text.get_content()


@pytest.mark.row("S2-51")
async def test_mail_speaks_the_orders_language_and_the_merchants_the_shops(house: Driver) -> None:
    asked = order(1, 1, entry(1, mail=True, mail_admins=True, texts=Texts(name="Ready")), language="en")
    items = {item["role"]: item for item in await preview(house, asked)}
    assert "Your order CO-1" in items["client"]["text"]
    assert "La commande CO-1" in items["administrator"]["text"]
