"""The words of the payment page, in the languages it speaks."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "title": "Paiement de la commande {code}",
        "order": "Commande {code}",
        "item": "Article",
        "quantity": "Qté",
        "amount": "Montant",
        "total": "Total TTC",
        "paid": "Déjà réglé",
        "due": "À payer",
        "choose": "Comment souhaitez-vous payer ?",
        "pay": "Payer {amount} : {method}",
        "announce": "Je paierai autrement : {method}",
        "correct": "Le paiement est correct.",
        "nothing": "Il n’y a rien à payer pour cette commande.",
        "waiting": "Votre paiement est en cours de confirmation. Cette page se met à jour toute seule.",
        "opening": "Un instant, nous ouvrons la page de paiement.",
        "failed": "Le paiement n’a pas abouti. Rien n’a été débité ; vous pouvez réessayer.",
        "announced": "Nous attendons votre paiement : {method}.",
        "reference": "Indiquez la référence {code}.",
        "iban": "IBAN : {iban}",
        "held": "Votre banque réserve le montant ; il sera débité plus tard.",
        "none": "La boutique n’accepte pas de paiement en ligne pour le moment. Contactez-la.",
        "unknown": "Ce lien n’est pas valable.",
        "help": "Demandez-en un autre à la boutique.",
    },
    "en": {
        "title": "Payment of order {code}",
        "order": "Order {code}",
        "item": "Item",
        "quantity": "Qty",
        "amount": "Amount",
        "total": "Total incl. tax",
        "paid": "Already paid",
        "due": "To pay",
        "choose": "How would you like to pay?",
        "pay": "Pay {amount}: {method}",
        "announce": "I will pay another way: {method}",
        "correct": "The payment is correct.",
        "nothing": "Nothing is to be paid for this order.",
        "waiting": "Your payment is being confirmed. This page updates by itself.",
        "opening": "One moment, we are opening the payment page.",
        "failed": "The payment did not succeed. Nothing was charged; you can try again.",
        "announced": "We are waiting for your payment: {method}.",
        "reference": "Please state the reference {code}.",
        "iban": "IBAN: {iban}",
        "held": "Your bank holds the amount; it will be charged later.",
        "none": "The shop takes no payment online at the moment. Please contact it.",
        "unknown": "This link is not valid.",
        "help": "Ask the shop for another one.",
    },
}


def words_of(language: str) -> tuple[str, Mapping[str, str]]:
    """The language that is really used, and its words; English for one we have no words for."""
    base = language.partition("-")[0].lower()
    return (base, WORDS[base]) if base in WORDS else ("en", WORDS["en"])
