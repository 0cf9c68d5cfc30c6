"""The bytes of whatever is printed, one at a time for a request and many as one PDF for a print.

A print of many is worked on by one worker at a time and tells how far it is; what cannot be printed was refused when it
was asked for. Neighbours: `queries.printing` (what there is to print), `commands.bulk` (the prints' rows).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.billing.commands.bulk import (
    Names,
    PrintClaim,
    advance_print,
    claim_print,
    finish_print,
    forget_prints,
)
from services.billing.commands.printing import file_form
from services.billing.documents.merging import merge
from services.billing.documents.store import Store, StoreFailed
from services.billing.documents.typesetters import Typesetters
from services.billing.domain import Paper
from services.billing.queries.documents import Original, find_bytes, find_originals
from services.billing.queries.printing import Asked, Found, Sheet, sheets_of_documents, sheets_of_orders
from shared.observability import get_logger
from shared.outbox import Outbox
from shared.problems import NotFound, Problem, Unavailable

log = get_logger(__name__)

STEP = 10
"""Documents that a print typesets at once, and after which it tells how far it is."""


class Press:
    """Gives the bytes of sheets: kept ones as they are kept, the others typeset for the occasion."""

    def __init__(
        self,
        outbox: Outbox,
        typesetters: Typesetters,
        now: Callable[[str], Awaitable[None]],
        store: Store | None = None,
    ) -> None:
        self._outbox = outbox
        self._typesetters = typesetters
        self._render_now = now
        self._store = store

    async def find(self, shop: str, asked: Asked, names: Names) -> Found:
        """What there is to print of these orders or documents."""
        async with self._outbox.db.read() as conn:
            if names.documents:
                return await sheets_of_documents(conn, shop, names.documents, asked)
            return await sheets_of_orders(conn, shop, names.orders, asked, self._outbox.clock())

    async def bytes_of(self, shop: str, sheet: Sheet) -> bytes:
        """The PDF of a sheet. Raises `Unavailable` while an original is being typeset elsewhere."""
        if sheet.job is not None:
            return await self._typesetters.one(sheet.job)
        document = sheet.document or await self._filed(sheet.order_id or "")
        original = await self._original(shop, document)
        if original.sha256 is None:
            if original.kind == Paper.ORDER_FORM:
                await self._filed(original.order_id)
            await self._render_now(document)
            original = await self._original(shop, document)
        return await self._read(original)

    async def merged(self, shop: str, sheets: Sequence[Sheet]) -> bytes:
        """All as one PDF."""
        return await asyncio.to_thread(merge, await self.bytes_of_all(shop, sheets))

    async def bytes_of_all(self, shop: str, sheets: Sequence[Sheet]) -> list[bytes]:
        """The PDFs of sheets, in their order, those that are not kept typeset beside one another."""
        made = iter(await self._typesetters.all([sheet.job for sheet in sheets if sheet.job is not None]))
        contents: list[bytes] = []
        for sheet in sheets:
            content = await self.bytes_of(shop, sheet) if sheet.job is None else next(made)
            if not isinstance(content, bytes):
                log.warning("document.not_typeset", exc_info=content)
                raise Unavailable(f"{sheet.name} could not be typeset.")
            contents.append(content)
        return contents

    async def _read(self, original: Original) -> bytes:
        """The kept bytes of an original. Raises `Unavailable` while they are not there."""
        if original.sha256 is None:
            raise Unavailable(f"{original.number} is being typeset.")
        async with self._outbox.db.read() as conn:
            content = await find_bytes(conn, original.sha256)
        if content is None and self._store is not None:
            try:
                content = await self._store.get(original.sha256)
            except StoreFailed as error:
                log.warning("document.not_read", document=original.id, error=error)
        if content is None:
            raise Unavailable(f"The store of documents does not give {original.number} now.")
        return content

    async def _filed(self, order_id: str) -> str:
        async with self._outbox.transaction() as tx:
            form = await file_form(tx, order_id)
        if form is None:
            raise NotFound("The order has not been placed.")
        return form

    async def _original(self, shop: str, document: str) -> Original:
        async with self._outbox.db.read() as conn:
            return (await find_originals(conn, shop, [document]))[document]


class Printer:
    """Works through the prints of many, one after the other."""

    def __init__(self, outbox: Outbox, press: Press) -> None:
        self._outbox = outbox
        self._press = press

    async def run(self) -> None:
        """All that wait; then what is a day old is forgotten."""
        while claim := await self._claimed():
            await self._print(claim)
        async with self._outbox.transaction(batch=True) as tx:
            await forget_prints(tx)

    async def _claimed(self) -> PrintClaim | None:
        async with self._outbox.transaction(batch=True) as tx:
            return await claim_print(tx)

    async def _print(self, claim: PrintClaim) -> None:
        try:
            content = await self._content(claim)
            error = None if content else "there is nothing left to print"
        except Unavailable:
            return  # again when the lease is over
        except Problem as problem:
            content, error = None, problem.detail
        async with self._outbox.transaction(batch=True) as tx:
            await finish_print(tx, claim, content, error)

    async def _content(self, claim: PrintClaim) -> bytes | None:
        sheets = (await self._press.find(claim.shop, claim.asked, claim.names)).sheets
        contents: list[bytes] = []
        for start in range(0, len(sheets), STEP):
            contents += await self._press.bytes_of_all(claim.shop, sheets[start : start + STEP])
            async with self._outbox.transaction(batch=True) as tx:
                if not await advance_print(tx, claim, len(contents)):
                    raise Unavailable("Another worker has taken over.")
        return await asyncio.to_thread(merge, contents) if contents else None
