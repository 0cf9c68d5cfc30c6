"""History entries: who did what, and what the client and the administrators are told.

An entry keeps the status's texts as they were in the order's language, or as a person edited them for this one order;
the log tells who did. Mail and SMS texts travel only where they are to be sent, so that the message of a quiet change
stays small.
"""

from dataclasses import dataclass

from services.orders.commands.inputs import ActionsInput, EditedTexts
from services.orders.domain.rules import Rule
from services.orders.domain.warnings import ENGLISH, Words
from services.orders.queries.catalogue import StatusRecord
from services.orders.queries.records import EntryRecord, OrderRecord
from shared.database import new_id
from shared.observability import current_traceparent
from shared.outbox import Transaction
from shared.problems import Invalid

TEXTS = "texts"
"""What the fields of edited texts begin with in the log."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who commands a change: a person (or a key), or a rule of the house with its cause."""

    name: str
    rule: Rule | None = None
    cause: str | None = None
    manager: bool = False
    """May revive an order in a shop with the strict profile."""

    @property
    def is_human(self) -> bool:
        return self.rule is None


@dataclass(frozen=True, slots=True)
class Actions:
    """What an entry asks for besides the change itself; `invoice` is None where the shop's policy decides."""

    publish: bool
    mail: bool
    mail_admins: bool
    sms: bool
    invoice: bool | None


def chosen_actions(status: StatusRecord, wanted: ActionsInput) -> Actions:
    """The status's defaults, as the operator changed them at the moment of use."""

    def choose(chosen: bool | None, default: bool) -> bool:
        return default if chosen is None else chosen

    return Actions(
        publish=choose(wanted.publish, status.publish),
        mail=choose(wanted.mail, status.mail),
        mail_admins=choose(wanted.mail_admins, status.mail_admins),
        sms=choose(wanted.sms, status.sms),
        invoice=status.invoice if wanted.invoice is None else wanted.invoice,
    )


def quiet(actions: ActionsInput) -> ActionsInput:
    """No word to anybody but what was asked for: an imported order, or the same status once more."""
    silent = {name: False for name in ("mail", "mail_admins", "sms") if getattr(actions, name) is None}
    return actions.model_copy(update=silent)


def status_entry(
    tx: Transaction,
    record: OrderRecord,
    status: StatusRecord,
    actions: Actions,
    actor: Actor,
    comment: str,
    edited: EditedTexts | None = None,
) -> EntryRecord:
    """The entry of a change of status; the record has its new version already. Raises `Invalid` for lost texts."""
    texts = status.texts_in(record.language)
    own = {} if edited is None else edited.given()
    _check_sent(own, actions)
    entry = _entry(tx, record, "status", actor, texts.get("name", status.mnemonic))
    entry.version = record.version
    entry.publish, entry.mail = actions.publish, actions.mail
    entry.mail_admins, entry.sms = actions.mail_admins, actions.sms
    entry.texts = _texts_to_send(texts | own, actions)
    entry.changes = {f"{TEXTS}.{name}": [texts.get(name, ""), text] for name, text in own.items()} or None
    entry.message = comment
    return entry


def plain_entry(tx: Transaction, record: OrderRecord, kind: str, actor: Actor, text: str) -> EntryRecord:
    """An entry that services hear because it came with a new version (edited lines, a deletion)."""
    entry = _entry(tx, record, kind, actor, text)
    entry.version = record.version
    entry.texts = {"name": record.status_name}
    return entry


def note(tx: Transaction, record: OrderRecord, kind: str, actor: Actor, text: str) -> EntryRecord:
    """An entry of the timeline alone."""
    return _entry(tx, record, kind, actor, text)


def warning(tx: Transaction, record: OrderRecord, actor: Actor, words: Words) -> EntryRecord:
    """An entry of the timeline alone that wants a person."""
    entry = note(tx, record, "warning", actor, words[ENGLISH])
    entry.words = words
    return entry


def _entry(tx: Transaction, record: OrderRecord, kind: str, actor: Actor, text: str) -> EntryRecord:
    return EntryRecord(
        id=new_id(),
        shop=record.shop,
        version=None,
        at=tx.now,
        kind=kind,
        actor=actor.name,
        status=record.status,
        type=record.type,
        text=text,
        rule=actor.rule,
        cause=actor.cause,
        traceparent=current_traceparent(),
    )


def _check_sent(edited: dict[str, str], actions: Actions) -> None:
    """Nobody edits a text for nothing."""
    for name in edited:
        if not (actions.sms if name == "sms" else actions.mail):
            channel = "SMS" if name == "sms" else "mail to the client"
            action = "sms" if name == "sms" else "mail"
            raise Invalid(f"No {channel} goes with this change: ask for it in actions.{action}.", field=f"texts.{name}")


def _texts_to_send(texts: dict[str, str], actions: Actions) -> dict[str, str]:
    wanted = ["name", "comment"]
    if actions.mail or actions.mail_admins:
        wanted += ["subject", "mail"]
    if actions.sms:
        wanted.append("sms")
    return {name: texts[name] for name in wanted if texts.get(name)}
