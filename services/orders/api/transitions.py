"""Where an order can go from here, and what each way would do, before anybody commits to it.

`GET` shows every status with its verdict and effects, `POST` the effects of one change just as `POST …/status` would
be asked for it, and `POST …/message` what the services would hear, which is what notifications previews texts from.
All read; `commands.previewing` computes.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.transitions import ForeseenMessage, TransitionEffects, Transitions
from services.orders.api.tools import Code, Orders, Reader, commanding
from services.orders.commands.entries import Actor
from services.orders.commands.inputs import MoveOrder
from services.orders.commands.inputs.fields import Language
from services.orders.commands.moving import Move, check_transition, question_document, ruling, wanted_move
from services.orders.commands.previewing import Effects, Surroundings, choices, foreseen, preview
from services.orders.domain.transitions import Verdict, questions
from services.orders.queries.catalogue import ShopRules, StatusRecord, list_statuses, shop_rules
from services.orders.queries.hearings import BILLING, find_bodies
from services.orders.queries.records import OrderRecord, find_order
from shared.contracts import Account
from shared.outbox import Transaction
from shared.problems import NotFound
from shared.security import find_shop
from shared.web import json_response

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

NAMES = {Verdict.FREE: "allowed", Verdict.CONFIRM: "confirm", Verdict.REFUSED: "refused"}


@router.get("/{code}/transitions", response_model=Transitions)
async def read_transitions(request: Request, caller: Reader, tools: Orders, code: Code) -> Response:
    """The statuses that can be reached from here: at once, with a decision, or not; and what each would do."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.db.read() as conn:
        record = await find_order(conn, caller.shop, code)
        way = _Way(Transaction(conn, tools.outbox.clock()), record, actor, await _around(conn, record))
        rules = await shop_rules(conn, caller.shop)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES.values()}
        for status in await list_statuses(conn, caller.shop):
            if status.active:
                name, document = way.to(status, rules)
                found[name].append(document)
    return json_response(found)


@router.post("/{code}/transitions", response_model=TransitionEffects)
async def preview_transition(request: Request, caller: Reader, tools: Orders, code: Code, body: MoveOrder) -> Response:
    """What `POST …/status` would do with this body; refused as that would be."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.db.read() as conn:
        tx = Transaction(conn, tools.outbox.clock())
        record, wanted = await _asked(tx, caller.shop, code, body, actor)
        effects = preview(tx, record, wanted, actor, await _around(conn, record), strictly=True)
    return json_response(_document(effects))


@router.post("/{code}/transitions/message", response_model=ForeseenMessage)
async def preview_message(
    request: Request,
    caller: Reader,
    tools: Orders,
    code: Code,
    body: MoveOrder,
    language: Annotated[Language | None, Query(description="as if the order were in this one")] = None,
) -> Response:
    """`orders.order.v1` as it would be sent after this change: give it to `POST …/notifications/preview`."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.db.read() as conn:
        tx = Transaction(conn, tools.outbox.clock())
        record, wanted = await _asked(tx, caller.shop, code, body, actor)
        message = foreseen(tx, record, wanted, actor, language)
    return Response(message.model_dump_json(), media_type="application/json")


class _Way:
    """From one order to any status; the transaction is never committed, and lends its clock alone."""

    def __init__(self, tx: Transaction, record: OrderRecord, actor: Actor, around: Surroundings) -> None:
        self._tx, self._record, self._actor, self._around = tx, record, actor, around

    def to(self, status: StatusRecord, rules: ShopRules) -> tuple[str, dict[str, Any]]:
        """The list the status belongs to, and its document."""
        record = self._record
        found, reasons = ruling(record, status.type, rules, self._actor, self._tx.now)
        document: dict[str, Any] = {
            "mnemonic": status.mnemonic,
            "type": status.type,
            "name": status.texts_in(record.language).get("name", status.mnemonic),
            "verdict": found,
            "ask_stock": status.ask_stock,
        }
        if found is Verdict.REFUSED:
            return NAMES[found], document | {"reasons": reasons}
        wanted = Move(status, rules, MoveOrder(status=status.mnemonic))
        if found is Verdict.CONFIRM:
            document["questions"] = [question_document(asked) for asked in questions(record.type, status.type)]
        else:
            document["effects"] = _document(self._preview(wanted))
        if found is Verdict.CONFIRM or (status.ask_stock and status.type is not record.type):
            by_word = choices(self._tx, record, wanted, self._actor, self._around)
            document["choices"] = {word: _document(effects) for word, effects in by_word.items()}
        return NAMES[found], document

    def _preview(self, wanted: Move) -> Effects:
        return preview(self._tx, self._record, wanted, self._actor, self._around)


async def _asked(tx: Transaction, shop: str, code: str, body: MoveOrder, actor: Actor) -> tuple[OrderRecord, Move]:
    """The order and the change, which would be accepted. Raises as `POST …/status` does."""
    record = await find_order(tx.conn, shop, code)
    wanted = await wanted_move(tx.conn, record, body)
    await check_transition(tx, record, wanted, actor)
    return record, wanted


async def _around(conn: AsyncConnection, record: OrderRecord) -> Surroundings:
    shop = await find_shop(conn, record.shop)
    if shop is None:
        raise NotFound("The shop is not known yet.")
    body = (await find_bodies(conn, record.id)).get(BILLING)
    return Surroundings(shop, None if body is None else Account.decode(body))


def _document(effects: Effects) -> dict[str, Any]:
    return asdict(effects)
