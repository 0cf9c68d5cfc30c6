"""Routes on a seller's statuses: read, made from a template or a blank form, changed, ordered, brought from a file.

Each is one command (`commands.statuses`, `status_sets`), and works from the next request on.
"""

from dataclasses import asdict, fields
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from services.orders.api.answers.statuses import (
    StatusAnswer,
    Statuses,
    StatusSetOutcome,
    StatusTemplate,
    StatusTemplates,
)
from services.orders.api.tools import Orders, Reader, Writer
from services.orders.commands.inputs import StatusDraft, StatusInput, StatusOrder, StatusSet
from services.orders.commands.shop_log import Subject, logged
from services.orders.commands.status_sets import apply_set
from services.orders.commands.status_templates import Template, find_template, templates
from services.orders.commands.statuses import create_status, order_statuses, remove_status, update_status
from services.orders.queries.catalogue import StatusRecord, find_status, list_statuses
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1", tags=["statuses"])

_HIDDEN = {"id", "shop"}


@router.get("/statuses", response_model=Statuses)
async def read_statuses(caller: Reader, tools: Orders) -> Response:
    """The seller's statuses, in the seller's order."""
    async with tools.db.read() as conn:
        return _listed(await list_statuses(conn, caller.shop))


@router.get("/statuses/{mnemonic}", response_model=StatusAnswer)
async def read_status(caller: Reader, tools: Orders, mnemonic: str) -> Response:
    """One of them, active or not."""
    async with tools.db.read() as conn:
        return json_response(_document(await find_status(conn, caller.shop, mnemonic)))


@router.get("/status-templates", response_model=StatusTemplates)
async def read_templates(_caller: Reader) -> Response:
    """What a new status may start from; `blank` is the empty form."""
    items = [_template(name, template) for name, template in templates().items()]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.get("/status-templates/{name}", response_model=StatusTemplate)
async def read_template(_caller: Reader, name: str) -> Response:
    """One template."""
    return json_response(_template(name, find_template(name)))


@router.post("/statuses", status_code=201, response_model=StatusAnswer)
async def add_status(
    request: Request,
    caller: Writer,
    tools: Orders,
    body: StatusDraft | None = None,
    template: Annotated[str | None, Query(max_length=60, description="what the body does not say")] = None,
) -> Response:
    """A status of the seller's own, usable at once; its type is `other` where none is given."""
    wanted = _filled(template, body or StatusDraft())

    async def command(tx: Transaction) -> Response:
        async with logged(tx, caller.shop, caller.actor, Subject.STATUSES):
            made = await create_status(tx, caller.shop, wanted)
        return json_response(_document(made), 201)

    return await once(request, tools.outbox, caller, command)


@router.put("/statuses/{mnemonic}", response_model=StatusAnswer)
async def put_status(caller: Writer, tools: Orders, mnemonic: str, body: StatusInput) -> Response:
    """Other texts, colour or actions; mnemonic and type are fixed once the status was used."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.STATUSES):
        changed = await update_status(tx, caller.shop, mnemonic, body, rename=body.mnemonic)
    return json_response(_document(changed))


@router.delete("/statuses/{mnemonic}", status_code=204, responses={200: {"model": StatusAnswer}})
async def delete_status(caller: Writer, tools: Orders, mnemonic: str) -> Response:
    """Delete a status that was never used (204); one that was is deactivated, and answered as it now is (200)."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.STATUSES):
        kept = await remove_status(tx, caller.shop, mnemonic)
    return Response(status_code=204) if kept is None else json_response(_document(kept))


@router.put("/status-order", response_model=Statuses)
async def put_order(caller: Writer, tools: Orders, body: StatusOrder) -> Response:
    """The statuses named come first, in this order."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.STATUSES):
        return _listed(await order_statuses(tx, caller.shop, body.mnemonics))


@router.put("/statuses", response_model=StatusSetOutcome)
async def put_statuses(
    caller: Writer, tools: Orders, body: StatusSet, dry_run: bool = False, prune: bool = False
) -> Response:
    """All of these at once, or none: what differs; `prune` removes the others, `dry_run` only shows."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.STATUSES):
        outcome = await apply_set(tx, caller.shop, body, prune=prune, dry_run=dry_run)
    return json_response({"dry_run": dry_run, **asdict(outcome)})


def _filled(name: str | None, draft: StatusDraft) -> StatusInput:
    """The status that a draft and its template make together; the draft's texts go over the template's, field by field.

    Raises what FastAPI raises for a body that is not valid.
    """
    template = {} if name is None else {"mnemonic": name, **find_template(name)}
    texts: dict[str, Any] = dict(template.get("texts", {}))
    for language, words in draft.texts.items():
        texts[language] = {**texts.get(language, {}), **words}
    given = draft.model_dump(exclude_unset=True, exclude={"texts"})
    try:
        return StatusInput.model_validate({**template, **given, "texts": texts})
    except ValidationError as error:
        raise RequestValidationError([{**found, "loc": ("body", *found["loc"])} for found in error.errors()]) from None


def _listed(found: list[StatusRecord]) -> Response:
    items = [_document(status) for status in found]
    return json_response({"items": items, "next": None, "total": len(items)})


def _document(status: StatusRecord) -> dict[str, Any]:
    return {field.name: getattr(status, field.name) for field in fields(status) if field.name not in _HIDDEN}


def _template(name: str, template: Template) -> dict[str, Any]:
    return {"template": name, **template}
