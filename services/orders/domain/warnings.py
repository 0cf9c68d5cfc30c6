"""What a warning on an order's timeline says to the seller's people, in English and French.

Other entries name what happened in the words of their statuses; a warning asks a person to do something, so that it is
said in the languages of the house. Each is a `Words`: text by language, English among them.
"""

from collections.abc import Mapping
from types import MappingProxyType

Words = dict[str, str]

ENGLISH = "en"

TEXTS: Mapping[str, Words] = MappingProxyType({
    "cancelled": {
        "en": "{channel} shows this order as cancelled.",
        "fr": "{channel} indique que cette commande est annulée.",
    },
    "cancel_requested": {
        "en": "The buyer asked {channel} to cancel this order.",
        "fr": "L’acheteur a demandé à {channel} d’annuler cette commande.",
    },
    "ship_by": {
        "en": "{channel} wants this order shipped by {moment}.",
        "fr": "{channel} demande que cette commande soit expédiée avant le {moment}.",
    },
    "tax_rate": {
        "en": "The tax rate of line {lines} is not known here: check it before the invoice.",
        "fr": "Le taux de TVA de la ligne {lines} n’est pas connu ici : vérifiez-le avant la facture.",
    },
    "tax_rates": {
        "en": "The tax rate of lines {lines} is not known here: check it before the invoice.",
        "fr": "Le taux de TVA des lignes {lines} n’est pas connu ici : vérifiez-le avant la facture.",
    },
    "address": {
        "en": "{channel} shows another shipping address for this order.",
        "fr": "{channel} indique une autre adresse de livraison pour cette commande.",
    },
    "revived": {
        "en": "{channel} was told of the cancellation and has no way to take it back.",
        "fr": "{channel} a été informé de l’annulation, sur laquelle il ne permet pas de revenir.",
    },
    "untracked": {
        "en": "'{status}' was not set: it needs a carrier and a tracking number.",
        "fr": "Le statut « {status} » n’a pas été appliqué : il demande un transporteur et un numéro de suivi.",
    },
    "in_a_row": {
        "en": "{limit} automatic changes in a row: '{status}' was not set, please decide.",
        "fr": "{limit} changements automatiques de suite : le statut « {status} » n’a pas été appliqué, décidez.",
    },
    "money": {
        "en": "Money needs a person: {code}",
        "fr": "Argent à vérifier : {meaning}",
    },
})  # fmt: skip
MONEY = MappingProxyType({
    "underpaid": "paiement insuffisant",
    "overpaid": "trop-perçu",
    "paid_not_payable": "argent reçu pour une commande qui n’en demandait pas",
    "refund_due": "remboursement à faire",
    "refund_failed": "remboursement refusé",
    "refund_differs": "remboursement différent de celui demandé",
    "currency_differs": "paiement dans une autre devise",
    "disputed": "paiement contesté par la banque du client",
    "dispute_lost": "litige perdu",
    "exchange_rate_missing": "taux de change à saisir",
})  # fmt: skip
"""What billing's warnings are called in French; one that is not here is named by its code."""


def words(name: str, **values: object) -> Words:
    """The warning of this name, filled in."""
    return {language: text.format(**values) for language, text in TEXTS[name].items()}


def of_money(code: str) -> Words:
    """What billing wants a person to look at."""
    return words("money", code=code, meaning=MONEY.get(code, code))
