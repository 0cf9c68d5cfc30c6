"""The fixed words of a mail's skeleton, per language; what a seller may change stands in the status's texts."""

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "subject": "{shop} : commande {code}, {status}",
        "administrator_subject": "Commande {code} de {client} : {status}",
        "greeting": "Bonjour {client},",
        "status": "Votre commande {code} du {date} : {status}.",
        "administrator": "La commande {code} du {date} est passée à l’état « {status} ».",
        "contact": "Client",
        "message": "Message de la boutique",
        "item": "Article",
        "quantity": "Qté",
        "amount": "Montant",
        "more": "et {count} autres lignes",
        "net": "Total HT",
        "tax": "TVA",
        "gross": "Total TTC",
        "parcels": "Suivi du colis",
        "parcel": "Colis {number} : {carrier} {tracking}",
        "shipping": "Adresse de livraison",
        "closings": "Fermeture de la boutique",
        "closing": "Du {starts} au {ends}",
        "colon": " : ",
        "attached": "Ci-joint : {titles}",
        "missing": "Non joint, faute d’avoir pu l’obtenir à temps : {titles}. Demandez-le-nous, nous vous l’enverrons.",
        "footer": "Ce message concerne votre commande {code} chez {shop}.",
        "administrator_footer": "Ce message concerne la commande {code}.",
        "follow": "Suivre ma commande",
        "test_subject": "[Essai]",
        "test": "Ceci est un essai : ce message n’a été envoyé qu’à vous, pas au client.",
    },
    "en": {
        "subject": "{shop}: order {code}, {status}",
        "administrator_subject": "Order {code} of {client}: {status}",
        "greeting": "Hello {client},",
        "status": "Your order {code} of {date}: {status}.",
        "administrator": "Order {code} of {date} is now “{status}”.",
        "contact": "Customer",
        "message": "Message from the shop",
        "item": "Item",
        "quantity": "Qty",
        "amount": "Amount",
        "more": "and {count} more lines",
        "net": "Total excl. tax",
        "tax": "Tax",
        "gross": "Total incl. tax",
        "parcels": "Parcel tracking",
        "parcel": "Parcel {number}: {carrier} {tracking}",
        "shipping": "Shipping address",
        "closings": "The shop is closed",
        "closing": "From {starts} to {ends}",
        "colon": ": ",
        "attached": "Attached: {titles}",
        "missing": "Not attached, as it could not be had in time: {titles}. Ask us for it, and we shall send it.",
        "footer": "This message is about your order {code} at {shop}.",
        "administrator_footer": "This message is about order {code}.",
        "follow": "Follow my order",
        "test_subject": "[Test]",
        "test": "This is a test: this message was sent to you alone, and not to the customer.",
    },
}

INVITATIONS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "subject": "{shop} : votre accès à l’espace client",
        "greeting": "Bonjour {client},",
        "text": "Ce lien ouvre votre espace client chez {shop}. Il sert une seule fois, jusqu’à {time}.",
        "button": "Ouvrir mon espace client",
        "unasked": "Si vous n’avez rien demandé, ne faites rien : sans ce lien, personne n’entre.",
    },
    "en": {
        "subject": "{shop}: your way into the client space",
        "greeting": "Hello {client},",
        "text": "This link opens your client space at {shop}. It serves once, until {time}.",
        "button": "Open my client space",
        "unasked": "If you did not ask for it, do nothing: without this link nobody gets in.",
    },
}

PAYMENTS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "subject": "{shop} : paiement de votre commande {code}",
        "greeting": "Bonjour {client},",
        "text": "Il reste {amount} à régler pour votre commande {code} chez {shop}.",
        "button": "Payer {amount}",
        "done": "Si vous avez déjà payé, ne tenez pas compte de ce message.",
    },
    "en": {
        "subject": "{shop}: payment of your order {code}",
        "greeting": "Hello {client},",
        "text": "{amount} is still to be paid for your order {code} at {shop}.",
        "button": "Pay {amount}",
        "done": "If you have paid already, please ignore this message.",
    },
}


TITLES: Final[dict[str, dict[str, str]]] = {
    "fr": {"order_form": "bon de commande", "invoice": "facture", "credit_note": "avoir"},
    "en": {"order_form": "order form", "invoice": "invoice", "credit_note": "credit note"},
}

DOCUMENTS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "subject": "{shop} : {title} {number}, commande {code}",
        "greeting": "Bonjour {client},",
        "text": "Vous trouverez ci-joint un document de votre commande {code} chez {shop} : {title} {number}.",
        "administrator": "Ci-joint un document de la commande {code} : {title} {number}.",
        "footer": "Ce message concerne la commande {code} chez {shop}.",
    },
    "en": {
        "subject": "{shop}: {title} {number}, order {code}",
        "greeting": "Hello {client},",
        "text": "Please find attached a document of your order {code} at {shop}: {title} {number}.",
        "administrator": "Attached is a document of order {code}: {title} {number}.",
        "footer": "This message is about order {code} at {shop}.",
    },
}


def title_of(kind: str, language: str) -> str:
    """What a kind of document is called."""
    base, _ = words_of(language)
    return TITLES[base][kind]


def document_words(language: str) -> tuple[str, dict[str, str]]:
    """The same for the mail of one document."""
    base, _ = words_of(language)
    return base, DOCUMENTS[base]


def words_of(language: str) -> tuple[str, dict[str, str]]:
    """The language that is really used, and its words; English for a language we have none of."""
    base = language.split("-")[0].split("_")[0].lower()
    return (base, WORDS[base]) if base in WORDS else ("en", WORDS["en"])


def invitation_words(language: str) -> tuple[str, dict[str, str]]:
    """The same for the mail with a way into the client space."""
    base, _ = words_of(language)
    return base, INVITATIONS[base]


PUSHES: dict[str, dict[str, str]] = {
    "fr": {
        "order.placed": "Nouvelle commande {code} : {amount}",
        "order.cancelled": "Commande {code} annulée : {amount}",
        "payment.settled": "Commande {code} payée : {amount}",
        "test": "Essai : cet appareil reçoit les notifications.",
    },
    "en": {
        "order.placed": "New order {code}: {amount}",
        "order.cancelled": "Order {code} cancelled: {amount}",
        "payment.settled": "Order {code} paid: {amount}",
        "test": "Test: this device receives notifications.",
    },
}


def push_words(language: str) -> dict[str, str]:
    """What operators' browsers are told, by event."""
    base, _ = words_of(language)
    return PUSHES[base]


def payment_words(language: str) -> tuple[str, dict[str, str]]:
    """The same for the mail with a payment link."""
    base, _ = words_of(language)
    return base, PAYMENTS[base]


ALERTS: dict[str, dict[str, dict[str, str]]] = {
    "fr": {
        "webhook_shut": {
            "subject": "{shop} : le webhook « {endpoint} » ne répond plus",
            "text": "Nous n’appelons plus ce webhook : {reason}.",
            "then": "Ce qui lui était destiné est gardé. Réactivez-le quand son application est réparée :"
            " il reçoit alors l’état actuel de chaque commande, une fois.",
        },
        "account_refused": {
            "subject": "{shop} : {channel} refuse nos identifiants",
            "text": "{channel} n’accepte plus les identifiants du compte : {reason}.",
            "then": "Ce qui attend est gardé. Donnez de nouveaux identifiants, ou renouvelez l’autorisation :"
            " les appels repartent aussitôt.",
        },
        "calls_failing": {
            "subject": "{shop} : {channel} ne répond pas depuis plus d’une heure",
            "text": "Nos appels à {channel} échouent depuis plus d’une heure. Dernière réponse : {reason}.",
            "then": "Ce qui attend est gardé et retenté. « comptoir deliveries list » montre de quoi il s’agit.",
        },
        "mail_bounced": {
            "subject": "{shop} : le courriel de la commande {code} n’est pas arrivé",
            "text": "L’adresse du client de la commande {code} ne reçoit pas de courriel (code {status}).",
            "then": "Corrigez l’adresse sur la commande, ou appelez le client ; le motif exact est dans les envois"
            " de la commande.",
        },
    },
    "en": {
        "webhook_shut": {
            "subject": "{shop}: the webhook “{endpoint}” does not answer any more",
            "text": "We call this webhook no more: {reason}.",
            "then": "What was meant for it is kept. Enable it once its application is mended:"
            " it is then told the present state of every order, once.",
        },
        "account_refused": {
            "subject": "{shop}: {channel} refuses our credentials",
            "text": "{channel} accepts the credentials of the account no more: {reason}.",
            "then": "What waits is kept. Give new credentials, or renew the consent: calls then leave at once.",
        },
        "calls_failing": {
            "subject": "{shop}: {channel} has not answered for more than an hour",
            "text": "Our calls to {channel} have been failing for more than an hour. The last answer: {reason}.",
            "then": "What waits is kept and tried again. “comptoir deliveries list” shows what it is.",
        },
        "mail_bounced": {
            "subject": "{shop}: the mail about order {code} did not arrive",
            "text": "The address of the customer of order {code} takes no mail (code {status}).",
            "then": "Correct the address on the order, or call the customer; the exact reason stands among the"
            " deliveries of the order.",
        },
    },
}


def alert_words(language: str, about: str) -> tuple[str, dict[str, str]]:
    """The same for what administrators are told of the installation."""
    base, _ = words_of(language)
    return base, ALERTS[base][about]
