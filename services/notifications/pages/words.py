"""The words of the push page, in French and English; the page's script takes its own from here, too."""

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "title": "Notifications sur cet appareil",
        "intro": "Cet appareil peut vous prévenir des commandes, même quand cette page est fermée. Un message dit le "
        "numéro et le montant de la commande, et rien du client.",
        "key": "Clé d’accès",
        "key_hint": "Une clé de la boutique qui a le droit notifications:write. Elle reste dans cet onglet.",
        "open": "Ouvrir",
        "this": "Cet appareil",
        "label": "Nom de l’appareil",
        "events": "Prévenir",
        "order.placed": "d’une nouvelle commande",
        "order.cancelled": "d’une commande annulée",
        "payment.settled": "d’un paiement",
        "allow": "Autoriser et abonner cet appareil",
        "stop": "Ne plus prévenir cet appareil",
        "devices": "Appareils abonnés",
        "none": "Aucun appareil n’est encore abonné.",
        "test": "Envoyer un essai",
        "remove": "Retirer",
        "never": "rien reçu encore",
        "reached": "dernier message : {at}",
        "on": "Cet appareil est abonné.",
        "off": "Cet appareil n’est pas abonné.",
        "denied": "Les notifications sont refusées à ce site : autorisez-les dans les réglages du navigateur, puis "
        "rechargez la page.",
        "unsupported": "Ce navigateur ne connaît pas les notifications, ou la page n’est pas servie en HTTPS. Sur un "
        "iPhone, ajoutez-la d’abord à l’écran d’accueil.",
        "tested": "L’essai est parti.",
        "failed": "L’essai n’est pas parti : {reason}",
        "wrong": "Cela n’a pas marché : {reason}",
        "order": "Commande",
        "script": "Cette page a besoin de JavaScript.",
    },
    "en": {
        "title": "Notifications on this device",
        "intro": "This device can tell you of orders even while this page is closed. A message says the code and the "
        "amount of the order, and nothing of the client.",
        "key": "Access key",
        "key_hint": "A key of the shop that may notifications:write. It stays in this tab.",
        "open": "Open",
        "this": "This device",
        "label": "Name of the device",
        "events": "Tell of",
        "order.placed": "new orders",
        "order.cancelled": "cancelled orders",
        "payment.settled": "payments",
        "allow": "Allow and subscribe this device",
        "stop": "Tell this device no more",
        "devices": "Subscribed devices",
        "none": "No device is subscribed yet.",
        "test": "Send a test",
        "remove": "Remove",
        "never": "nothing received yet",
        "reached": "last message: {at}",
        "on": "This device is subscribed.",
        "off": "This device is not subscribed.",
        "denied": "Notifications are blocked for this site: allow them in the browser’s settings, then reload "
        "the page.",
        "unsupported": "This browser knows no notifications, or the page is not served by HTTPS. On an iPhone, add it "
        "to the home screen first.",
        "tested": "The test has left.",
        "failed": "The test has not left: {reason}",
        "wrong": "This did not work: {reason}",
        "order": "Order",
        "script": "This page needs JavaScript.",
    },
}


def language_of(asked: str | None, accepted: str) -> str:
    """The one asked for, else the first that the browser accepts and we have, else French."""
    wanted = [asked or "", *(part.strip()[:2].lower() for part in accepted.split(","))]
    return next((one for one in wanted if one in WORDS), "fr")
