"""What the client reads of a status: its name in the order's language, and the way to the published history."""

import pytest

from shared.contracts import Texts
from tests.notifications.driver import Driver, entry, order, shop

SHIPPED = {
    "fr": ("Expédiée de la cave", "Votre commande est : {{ status.name }}."),
    "en": ("Left the cellar", "Your order is: {{ status.name }}."),
}


@pytest.mark.row("S4-11")
@pytest.mark.parametrize("language", SHIPPED)
async def test_mail_and_sms_name_the_status_in_the_orders_language(house: Driver, language: str) -> None:
    """Whatever language the shop itself keeps, and never by the mnemonic, which is the seller's own."""
    name, sentence = SHIPPED[language]
    texts = Texts(name=name, subject="{{ status.name }}", mail=sentence, sms="{{ status.name }}")
    await house.hear(shop(version=2, languages=("en" if language == "fr" else "fr",)))
    await house.hear(order(1, 1, entry(1, mail=True, sms=True, texts=texts), language=language))
    await house.deliver()
    [mail], [sms] = await house.calls("mail"), await house.calls("sms")
    told = mail["request"]
    assert (told["language"], told["subject"]) == (language, name)
    assert f" {name}." in told["text"]
    assert name in told["html"]
    assert "received" not in told["text"] + told["html"], "the mnemonic"
    assert sms["request"]["body"]["Body"] == name


CONFIRMATION = "Merci {{ customer.name }}.{% if order.history_url %}\n\nSuivez-la : {{ order.history_url }}{% endif %}"
LINK = "https://cave.example.com/h/0123456789abcdef"


@pytest.mark.row("S4-23")
async def test_the_confirmation_contains_the_link_to_the_published_history(house: Driver) -> None:
    asked = entry(1, mail=True, texts=Texts(name="Reçue", subject="Merci", mail=CONFIRMATION))
    await house.hear(order(1, 1, asked, history_token=LINK.rsplit("/", 1)[1]), order(2, 1, asked))
    await house.deliver()
    published, unpublished = sorted(await house.calls("mail"), key=lambda call: str(call["order"]))
    assert f"Suivez-la : {LINK}" in published["request"]["text"]
    assert LINK in published["request"]["html"]
    assert "/h/" not in unpublished["request"]["text"] + unpublished["request"]["html"]
