"""The words of the sandboxes' pages, in French and English."""

from typing import Final

from shared.web.sandbox import Kind

WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "title": "Bacs à sable",
        "intro": "Rien n’atteint personne : mails, SMS, webhooks et appels aux places de marché finissent ici, chez "
        "des répondants qui parlent comme les vrais. Les paiements ont",
        "payments": "leur propre page",
        "all": "Tous",
        "calls": "{count} appel(s), les {shown} plus récents montrés",
        "vendor": "Destinataire",
        "order": "Commande",
        "result": "Réponse",
        "any": "toutes",
        "accepted": "acceptés",
        "refused": "refusés",
        "unanswered": "restés sans réponse",
        "filter": "Filtrer",
        "clear": "Tout montrer",
        "when": "Moment",
        "request": "Demande",
        "silent": "sans réponse",
        "faults": "Pannes sur commande",
        "fault": "Panne",
        "times": "Nombre d’appels",
        "order_fault": "Commander",
        "forget": "Oublier les appels",
        "none": "Rien n’est encore parti.",
        "none_hint": "Changez l’état d’une commande, ou appelez un de ces répondants depuis vos propres tests.",
        "no_match": "Aucun appel ne correspond.",
        "json": "En JSON",
    },
    "en": {
        "title": "Sandboxes",
        "intro": "Nothing here reaches anybody: mails, SMS, webhooks and marketplace calls end in these counterparts, "
        "which answer as the real ones do. Payments have",
        "payments": "a page of their own",
        "all": "All",
        "calls": "{count} call(s), the newest {shown} shown",
        "vendor": "Counterpart",
        "order": "Order",
        "result": "Answer",
        "any": "any",
        "accepted": "accepted",
        "refused": "refused",
        "unanswered": "left without an answer",
        "filter": "Filter",
        "clear": "Show all",
        "when": "Moment",
        "request": "Request",
        "silent": "not answered",
        "faults": "Faults to order",
        "fault": "Fault",
        "times": "Calls",
        "order_fault": "Set",
        "forget": "Forget the calls",
        "none": "Nothing has left yet.",
        "none_hint": "Change the status of an order, or call one of these counterparts from tests of your own.",
        "no_match": "No call matches.",
        "json": "As JSON",
    },
}

FAULTS: Final[dict[str, dict[Kind, str]]] = {
    "fr": {
        Kind.NONE: "aucune",
        Kind.BUSY: "429",
        Kind.BUSY_FOR: "429 avec Retry-After",
        Kind.FAILING: "500",
        Kind.SILENT: "accepté, puis aucune réponse",
        Kind.RESET: "accepté, puis connexion rompue",
        Kind.SLOW: "lent",
        Kind.EXPIRED: "jeton expiré",
        Kind.INVALID: "succès qui n’en est pas un",
        Kind.GARBAGE: "réponse illisible",
    },
    "en": {
        Kind.NONE: "none",
        Kind.BUSY: "429",
        Kind.BUSY_FOR: "429 with Retry-After",
        Kind.FAILING: "500",
        Kind.SILENT: "taken, then no answer",
        Kind.RESET: "taken, then the connection breaks",
        Kind.SLOW: "slow",
        Kind.EXPIRED: "expired token",
        Kind.INVALID: "a success that is none",
        Kind.GARBAGE: "garbage",
    },
}


def language_of(asked: str | None, accepted: str) -> str:
    """What the page is in: the one asked for, else the first that the browser accepts and we have, else English."""
    wanted = [asked or "", *(part.strip()[:2].lower() for part in accepted.split(","))]
    return next((one for one in wanted if one in WORDS), "en")
