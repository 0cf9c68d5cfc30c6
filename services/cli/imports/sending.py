"""Staged rows to a running Comptoir: products, opening stock, orders, in that order, in batches.

Every step may be repeated: products that exist are left as they are, a receipt carries the file's digest and is booked
once per SKU, an order is known by its channel and number. So a run that was interrupted is run again as it was, and one
that was not adds nothing.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.cli.client import PAGE, Api, Refused
from services.cli.output import progress
from services.orders.domain.types import TYPES, Phase, StatusType
from services.orders.files.documents import Sender
from services.orders.files.staging import Need, Staging
from services.orders.files.totals import OrderMismatch

PRODUCTS = "/api/v1/inventory/products"
MOVEMENTS = "/api/v1/inventory/movements"
ORDERS = "/api/v1/orders"
STATUSES = "/api/v1/statuses"
ITEMS = 500
"""Products or movements in a batch."""
BATCH_ORDERS = 200
BATCH_BYTES = 1_500_000
"""Orders in a batch: the first limit that is reached."""
LOOKERS = 8
CREATED = 201


@dataclass(slots=True)
class Sent:
    """What a run did; orders by what became of them."""

    products: int = 0
    receipts: int = 0
    received_units: int = 0
    created: int = 0
    known: int = 0
    refused: int = 0


@dataclass
class Sending:
    """One run against one shop. `reference` names the file in the stock ledger: the same file, the same words."""

    api: Api
    staging: Staging
    sender: Sender
    reference: str
    sent: Sent = field(default_factory=Sent)

    def send_products(self) -> set[str]:
        """Create the products that are unknown, by name alone; the SKUs that were there before."""
        known = {product["sku"] for product in self.api.pages(PRODUCTS)}
        needs = [need for need in self.staging.needs() if need.is_stocked]
        missing = [need for need in needs if need.sku not in known]
        with progress("Products", len(missing)) as counter:
            for batch in chunks(missing, ITEMS):
                rows = [
                    {"sku": need.sku, "name": need.name, "tax_rate": f"{self.sender.mapping.tax_rate:f}"}
                    for need in batch
                ]
                self.api.post(f"{PRODUCTS}/batch", {"products": rows}, key=self._key("products", rows))
                self.sent.products += len(batch)
                counter.advance(len(batch))
        return known.intersection(need.sku for need in needs)

    def book_opening_stock(self, existing: set[str]) -> None:
        """One receipt per SKU that covers what the file's orders take, where the ledger does not have it yet."""
        needs = [need for need in self.staging.needs(*self._left_already()) if need.is_stocked and need.quantity]
        booked = self._booked_before(existing)
        with progress("Opening stock", len(needs)) as counter:
            counter.advance(len(booked))
            for batch in chunks([need for need in needs if need.sku not in booked], ITEMS):
                rows = [
                    {"sku": need.sku, "quantity": need.quantity, "reason": "receipt", "note": self.reference}
                    for need in batch
                ]
                self.api.post(f"{MOVEMENTS}/batch", {"movements": rows}, key=self._key("opening stock", rows))
                self.sent.receipts += len(batch)
                self.sent.received_units += sum(need.quantity for need in batch)
                counter.advance(len(batch))

    def _left_already(self) -> tuple[list[str], list[str]]:
        """The statuses in the file whose orders neither hold nor take stock here, and those whose orders do in part."""
        mapped, found = self.sender.mapping.status, self.staging.statuses()
        if mapped is None or not found:
            return [], []
        types = {str(type_): type_ for type_ in StatusType}
        types |= {status["mnemonic"]: StatusType(status["type"]) for status in self.api.get(STATUSES)["items"]}
        idle = (Phase.BACK,) if mapped.stock else (Phase.BACK, Phase.OUT)
        known = {word: types[word] for word in found if word in types}
        away = [word for word, type_ in known.items() if TYPES[type_].phase in idle]
        parts = [] if mapped.stock else [word for word in away if known[word] is StatusType.PARTIALLY_SHIPPED]
        return [word for word in away if word not in parts], parts

    def send_orders(self, *, dry_run: bool = False) -> None:
        """Create the orders that are unknown; those the service refuses join the rejects, with its reason.

        `dry_run` asks what would become of them, and creates none.
        """
        with progress("Orders", self.staging.count_orders()) as counter:
            for batch in self._batches():
                self._send(batch, dry_run=dry_run)
                counter.advance(len(batch))

    def _send(self, batch: Sequence[tuple[str, dict[str, Any]]], *, dry_run: bool) -> None:
        """Send a batch; where it is refused as a whole, order by order, so that the reason is the order's own."""
        orders = {"orders": [body for _, body in batch]} | ({"dry_run": True} if dry_run else {})
        try:
            results = self.api.post(f"{ORDERS}/batch", orders, may_repeat=True)["items"]
        except Refused as refused:
            if refused.status not in {409, 422}:
                raise
            if len(batch) == 1:
                self._refuse(batch[0][0], f"refused: {refused.cause}")
                return
            for order in batch:
                self._send([order], dry_run=dry_run)
            return
        for (number, _), result in zip(batch, results, strict=True):
            self._note(number, result)

    def _note(self, number: str, result: dict[str, Any]) -> None:
        if "errors" in result:
            errors = (f"{error['field']}: {error['detail']}" for error in result["errors"][:3])
            self._refuse(number, f"refused: {'; '.join(errors)}")
            return
        self.sent.created += result["status"] == CREATED
        self.sent.known += result["status"] != CREATED
        if result["code"] is not None:
            self.staging.note_code(number, result["code"])

    def _refuse(self, number: str, reason: str) -> None:
        self.sent.refused += 1
        self.staging.reject_order(number, reason)

    def _batches(self) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """Orders in batches under both limits; a single order may exceed the bytes and then goes alone."""
        batch: list[tuple[str, dict[str, Any]]] = []
        size = 0
        for number, rows in self.staging.orders():
            try:
                body = self.sender.order(number, rows)
            except OrderMismatch as error:
                self._refuse(number, str(error))
                continue
            weight = len(orjson.dumps(body))
            if batch and (len(batch) == BATCH_ORDERS or size + weight > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append((number, body))
            size += weight
        if batch:
            yield batch

    def _booked_before(self, existing: Collection[str]) -> set[str]:
        """The SKUs whose receipt of this file stands in the ledger already; only one that existed can have it.

        The whole ledger is read where that takes fewer requests than asking for each SKU.
        """
        if self.api.get(MOVEMENTS, limit=1)["total"] <= PAGE * len(existing):
            return {entry["sku"] for entry in self.api.pages(MOVEMENTS) if entry["note"] == self.reference}
        with ThreadPoolExecutor(LOOKERS) as pool:
            return {sku for sku, is_booked in pool.map(self._look, existing) if is_booked}

    def _look(self, sku: str) -> tuple[str, bool]:
        ledger = self.api.pages(MOVEMENTS, sku=sku)
        return sku, any(entry["note"] == self.reference for entry in ledger)

    def _key(self, what: str, rows: Sequence[Any]) -> str:
        """The same batch of the same file has the same idempotency key."""
        content = orjson.dumps([self.reference, what, rows])
        return f"import-{hashlib.sha256(content).hexdigest()}"


def chunks(items: Sequence[Need], size: int) -> Iterator[Sequence[Need]]:
    """The items in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
