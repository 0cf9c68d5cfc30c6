"""A whole file of statuses at once: what differs is brought about in one transaction, or only shown.

A dry run does the same work inside a savepoint and takes it back, so it finds whatever the real run would be refused
for. Applied twice, a set changes nothing the second time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.orders.commands.inputs import StatusBody, StatusInput, StatusSet
from services.orders.commands.statuses import columns, create_status, lock_statuses, remove_status, update_status
from services.orders.domain.differences import Changes, differences
from services.orders.queries.catalogue import StatusRecord, list_statuses
from shared.outbox import Transaction
from shared.problems import Problem


@dataclass(slots=True)
class SetOutcome:
    """What a set did, or would do, by mnemonic."""

    created: list[str] = field(default_factory=list)
    changed: dict[str, Changes] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    deactivated: list[str] = field(default_factory=list)


async def apply_set(tx: Transaction, shop: str, wanted: StatusSet, *, prune: bool, dry_run: bool) -> SetOutcome:
    """Bring the shop's statuses to what the set says; with `prune` the others go, or rest where they were used.

    Raises what the commands on one status raise, the field named from the top of the set; nothing is done then.
    """
    await lock_statuses(tx, shop)
    async with tx.conn.begin_nested() as attempt:
        outcome = await _apply(tx, shop, wanted.statuses, prune=prune)
        if dry_run:
            await attempt.rollback()
    return outcome


async def _apply(tx: Transaction, shop: str, wanted: Mapping[str, StatusBody], *, prune: bool) -> SetOutcome:
    present = {status.mnemonic: status for status in await list_statuses(tx.conn, shop)}
    outcome = SetOutcome()
    # Whoever is to stand for a type goes first, so that the one that stood for it may go.
    for mnemonic, body in sorted(wanted.items(), key=lambda item: not item[1].default_of_type):
        with _naming(mnemonic):
            await _bring_about(tx, shop, mnemonic, body, present.get(mnemonic), outcome)
    if prune:
        for mnemonic in sorted(present.keys() - wanted.keys()):
            with _naming(mnemonic):
                kept = await remove_status(tx, shop, mnemonic)
            if kept is None:
                outcome.deleted.append(mnemonic)
            elif present[mnemonic].active:
                outcome.deactivated.append(mnemonic)
            else:
                outcome.unchanged.append(mnemonic)
    return outcome


async def _bring_about(
    tx: Transaction, shop: str, mnemonic: str, body: StatusBody, present: StatusRecord | None, outcome: SetOutcome
) -> None:
    if present is None:
        await create_status(tx, shop, StatusInput(mnemonic=mnemonic, **dict(body)))
        outcome.created.append(mnemonic)
        return
    changes = _changes(present, body)
    if changes:
        outcome.changed[mnemonic] = changes
    else:
        outcome.unchanged.append(mnemonic)
    await update_status(tx, shop, mnemonic, body)


def _changes(present: StatusRecord, body: StatusBody) -> Changes:
    after = columns(body)
    if after["default_of_type"] is None:
        after["default_of_type"] = present.default_of_type
    return differences({name: getattr(present, name) for name in after}, after)


@contextmanager
def _naming(mnemonic: str) -> Iterator[None]:
    """Problems with one status of the set name its key, too."""
    try:
        yield
    except Problem as error:
        told = error.members.get("errors") or [{"field": "", "detail": error.detail}]
        place = f"statuses.{mnemonic}"
        error.members["errors"] = [
            {**found, "field": f"{place}.{found['field']}" if found["field"] else place} for found in told
        ]
        error.detail = f"{error.members['errors'][0]['field']}: {error.detail}"
        raise
