"""Files of orders worked through: read beside the event loop, placed in batches, and gone on with after a restart.

The file comes from its pieces in the database and is staged anew at every start; how many of its orders are done stands
in the import's row (`commands.importing`), so what was done is passed over. `files` has what a file says.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from services.orders.commands.importing import (
    LEASE,
    Reject,
    Superseded,
    Waiting,
    claim,
    finish,
    keep_lease,
    note_file,
    place_batch,
    refuse,
    reject,
)
from services.orders.files.deciding import Kind, Row
from services.orders.files.documents import Sender
from services.orders.files.loading import MappingError, parse_mapping
from services.orders.files.mapping import Mapping
from services.orders.files.reading import UnreadableFileError
from services.orders.files.staging import Staging
from services.orders.files.taking import take
from services.orders.files.totals import OrderMismatch
from services.orders.queries.imports import Import, any_open, read_part
from shared.observability import get_logger
from shared.outbox import Outbox
from shared.problems import Problem
from shared.security import find_shop

log = get_logger(__name__)

PAGE = 100
"""Orders placed at once."""

T = TypeVar("T")


class Importer:
    """Works through the imports of files, one after the other; one that was cut off goes on where it stopped."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def run(self) -> None:
        """All that wait."""
        while await self._anything():
            async with self._outbox.transaction(batch=True) as tx:
                found = await claim(tx)
            if found is None:
                return
            try:
                await self._work(found)
            except Superseded:
                log.info("import.superseded")

    async def _anything(self) -> bool:
        """Whether there may be something to do: a look, so that an idle service writes nothing."""
        async with self._outbox.db.read() as conn:
            return await any_open(conn)

    async def _work(self, found: Import) -> None:
        with Staging() as staging, tempfile.TemporaryDirectory(prefix="comptoir-import-") as folder:
            path = Path(folder) / f"file{Path(found.file).suffix.lower()}"
            try:
                mapping = parse_mapping(found.mapping, found.format)
                await self._fetch(found, path)
                await self._take(found, path, mapping, staging)
            except (MappingError, UnreadableFileError) as error:
                async with self._outbox.transaction() as tx:
                    await finish(tx, found, "failed", f"{error} {getattr(error, 'remedy', '')}".strip())
                return
            await self._note(found, staging)
            await self._place(found, staging, Sender(mapping, {}, staging.name_of))
        async with self._outbox.transaction() as tx:
            await finish(tx, found, "done")

    async def _fetch(self, found: Import, path: Path) -> None:
        with path.open("wb") as file:
            for number in count():
                async with self._outbox.db.read() as conn:
                    part = await read_part(conn, found.id, number)
                if part is None:
                    return
                file.write(part)

    async def _zone(self, shop: str, mapping: Mapping) -> ZoneInfo:
        async with self._outbox.db.read() as conn:
            known = await find_shop(conn, shop)
        return ZoneInfo(mapping.timezone or (known.timezone if known else "UTC"))

    async def _take(self, found: Import, path: Path, mapping: Mapping, staging: Staging) -> None:
        """Read the file beside the event loop, and keep the lease meanwhile; whatever ends this ends the reading."""
        zone = await self._zone(found.shop, mapping)
        ended = threading.Event()

        def go_on(_count: int) -> None:
            if ended.is_set():
                raise Superseded(found.id)

        reading = asyncio.create_task(asyncio.to_thread(take, path, mapping, zone, staging, go_on))
        try:
            while not (await asyncio.wait({reading}, timeout=LEASE.total_seconds() / 3))[0]:
                async with self._outbox.transaction(batch=True) as tx:
                    await keep_lease(tx, found)
        except BaseException:
            ended.set()
            with contextlib.suppress(Superseded, UnreadableFileError):
                await reading
            raise
        await reading

    async def _note(self, found: Import, staging: Staging) -> None:
        counts, statuses = await _apart(lambda: (_counts(staging), staging.statuses()))
        if found.done:  # refused orders have been added to it
            del counts["rejected"]
        async with self._outbox.transaction(batch=True) as tx:
            await note_file(tx, found, counts, staging.header, statuses)
        source = pages(Reject(row.line, row.reason, list(cells.values())) for row, cells in staging.rejects())
        while rejects := await _apart(lambda: next(source, None)):
            async with self._outbox.transaction(batch=True) as tx:
                await reject(tx, found, rejects)

    async def _place(self, found: Import, staging: Staging, sender: Sender) -> None:
        done = found.done
        left = islice(staging.orders(), done, None)
        source = pages(_waiting(number, rows, sender, staging) for number, rows in left)
        while batch := await _apart(lambda: next(source, None)):
            try:
                async with self._outbox.transaction(batch=True) as tx:
                    await place_batch(tx, found, done, batch)
            except (Problem, IntegrityError):
                await self._one_by_one(found, done, batch)
            done += len(batch)

    async def _one_by_one(self, found: Import, done: int, batch: Sequence[Waiting]) -> None:
        """What one order of a batch is refused for is that order's matter."""
        for place, waiting in enumerate(batch, done):
            try:
                async with self._outbox.transaction(batch=True) as tx:
                    await place_batch(tx, found, place, [waiting])
            except Problem as problem:
                async with self._outbox.transaction(batch=True) as tx:
                    await refuse(tx, found, place, waiting, f"refused: {problem.detail}")


async def _apart(work: Callable[[], T]) -> T:
    """What the staging does, beside the event loop: a large file takes it seconds. It is waited for in any case."""
    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise


def _counts(staging: Staging) -> dict[str, int]:
    kinds = {"skipped": Kind.SKIPPED, "rejected": Kind.REJECTED}
    counted = {name: staging.count(kind) for name, kind in kinds.items()}
    return {"rows": staging.count_rows(), "orders": staging.count_orders(), **counted}


def pages(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in lists of at most `PAGE`."""
    source = iter(items)
    while page := list(islice(source, PAGE)):
        yield page


def _waiting(number: str, rows: Sequence[Row], sender: Sender, staging: Staging) -> Waiting:
    rejects = [Reject(line, "", cells) for line, cells in staging.cells_of([row.line for row in rows])]
    try:
        return Waiting(number, sender.order(number, rows), rejects)
    except OrderMismatch as error:
        return Waiting(number, str(error), rejects)
