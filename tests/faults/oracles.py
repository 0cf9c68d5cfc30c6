"""What must hold at the end, whatever broke: each oracle yields one sentence for each breach it finds.

Transcribed from the status model and the promises of the architecture, and fed from places that know nothing of one
another: what clients were told, the four databases, the counterparts' ledgers, the faults that were done. Neighbours:
`rest` (what is still under way), `effects` (the oracles of what left the house), `auditor` (which asks them all).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.faults.snapshot import Snapshot
from tests.faults.workload import PRICE, Told
from tests.servers.smtp import Received
from tests.servers.vendors import Call

HOLDING = frozenset(
    {"received", "awaiting_payment", "confirmed", "processing", "ready", "other", "on_hold", "partially_shipped"}
)


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What the counterparts wrote down."""

    mails: Sequence[Received]
    amazon: Sequence[Call]
    ebay: Sequence[Call]
    twilio: Sequence[Call]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything an oracle may look at. `poisoned` is what was put into queues to be parked."""

    told: Told
    skus: list[str]
    seen: Snapshot
    ledgers: Ledgers
    poisoned: set[tuple[str, str]]


def acknowledged(evidence: Evidence) -> Iterator[str]:
    """Each acknowledged order exists, once; each acknowledged change is in its history, once; no refused one is."""
    told, seen = evidence.told, evidence.seen
    codes = Counter(order["email"] for order in seen.orders)
    for email, code in told.codes.items():
        if codes[email] != 1 or not any((order["email"], order["code"]) == (email, code) for order in seen.orders):
            yield f"order {code} was acknowledged and exists {codes[email]} times"
    for email in codes.keys() - told.codes.keys():
        yield f"an order of {email} exists, which nobody was told of"
    entries = Counter(entry["message"] for entry in seen.tables["entries"] if entry["message"])
    for marker in told.accepted:
        if entries[marker] != 1:
            yield f"change {marker} was acknowledged and is there {entries[marker]} times"
    for marker in told.refused:
        if entries[marker]:
            yield f"change {marker} was refused and is there"


def versions(evidence: Evidence) -> Iterator[str]:
    """An order's entries have the versions 1 to the order's own, none missing."""
    entries = evidence.seen.by_order("entries")
    for order in evidence.seen.orders:
        found = {entry["version"] for entry in entries[order["id"]] if entry["version"] is not None}
        if found != set(range(1, order["version"] + 1)):
            yield f"order {order['code']} is at version {order['version']}, its entries tell of {sorted(found)}"


def receipts(evidence: Evidence) -> Iterator[str]:
    """What was acknowledged as received was booked once; each balance follows from the movements."""
    received: Counter[str] = Counter()
    balance: Counter[str] = Counter()
    for movement in evidence.seen.movements:
        balance[movement["sku"]] += movement["quantity"]
        if movement["order_id"] is None:
            received[movement["sku"]] += movement["quantity"]
        if movement["on_hand"] != balance[movement["sku"]]:
            yield f"movement {movement['number']} of {movement['sku']} says {movement['on_hand']} on hand"
    for sku in evidence.skus:
        if received[sku] != evidence.told.received[sku]:
            yield f"{sku}: {received[sku]} units booked as received, {evidence.told.received[sku]} acknowledged"


def stock(evidence: Evidence) -> Iterator[str]:
    """Demand is what the orders ask for, allocated is min(demand, on hand), on hand is received less out."""
    wanted: Counter[str] = Counter()
    out: Counter[str] = Counter()
    types = {order["id"]: order["type"] for order in evidence.seen.orders}
    for line in evidence.seen.tables["lines"]:
        away = line["shipped"] - line["restocked"]
        out[line["sku"]] += away
        left = max(0, line["quantity"] - away) if types[line["order_id"]] in HOLDING else 0
        wanted[line["sku"]] += left
        if line["hold"] != left:
            yield f"line {line['id']} of {line['order_id']} holds {line['hold']}, its state asks for {left}"
    for product in evidence.seen.products:
        sku, on_hand = product["sku"], product["on_hand"]
        if product["demand"] != wanted[sku]:
            yield f"{sku}: demand is {product['demand']}, orders ask for {wanted[sku]}"
        if product["allocated"] != min(wanted[sku], max(on_hand, 0)):
            yield f"{sku}: {product['allocated']} allocated of {on_hand} on hand, {wanted[sku]} wanted"
        if on_hand != evidence.told.received[sku] - out[sku]:
            yield f"{sku}: {on_hand} on hand, {evidence.told.received[sku]} came and {out[sku]} left"


def catalogue(evidence: Evidence) -> Iterator[str]:
    """Orders knows of each product what inventory says of it."""
    known = {product["sku"]: product for product in evidence.seen.catalogue}
    for product in evidence.seen.products:
        available = product["on_hand"] - product["allocated"]
        said = (product["version"], available, available <= 0)
        row = known.get(product["sku"])
        heard = row and (row["version"], row["available"], row["sold_out"])
        if heard != said:
            yield f"{product['sku']}: inventory says (version, available, sold out) {said}, orders knows {heard}"


def invoices(evidence: Evidence) -> Iterator[str]:
    """Invoices less credits come to what left and stayed away; one live invoice at most bears a scope."""
    lines, documents = evidence.seen.by_order("lines"), evidence.seen.by_order("documents")
    for order in evidence.seen.orders:
        own, found = lines[order["id"]], documents[order["id"]]
        kept = sum(line["shipped"] - line["restocked"] for line in own) * PRICE
        most = sum(line["shipped"] for line in own) * PRICE
        covered = sum(one["gross"] * (-1 if one["kind"] == "credit_note" else 1) for one in found)
        if order["type"] == "on_hold":
            if not 0 <= covered <= most:
                yield f"order {order['code']} on hold: invoiced {covered} of at most {most}"
        elif covered != (0 if order["type"] == "cancelled" else kept):
            yield f"order {order['code']} ({order['type']}): invoiced {covered}, {kept} left and stayed away"
        keys = Counter((one["kind"], one["scope"], one["generation"]) for one in found)
        for key, number in keys.items():
            if number > 1:
                yield f"order {order['code']}: {number} documents {key}"


def money(evidence: Evidence) -> Iterator[str]:
    """Each acknowledged payment was recorded once."""
    payments = evidence.seen.by_order("payments")
    for order in evidence.seen.orders:
        found = sum(payment["amount"] for payment in payments[order["id"]])
        if found != evidence.told.paid[order["code"]] or order["paid"] != found:
            said = evidence.told.paid[order["code"]]
            yield f"order {order['code']}: {found} recorded, {said} acknowledged, orders shows {order['paid']}"


def numbers(evidence: Evidence) -> Iterator[str]:
    """The numbers of each series and year are 1 to n."""
    series: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    for row in evidence.seen.numbers:
        series[row["shop"], row["series"], row["year"]].append(row["n"])
    for name, found in series.items():
        if found != list(range(1, len(found) + 1)):
            yield f"series {name}: {len(found)} documents, numbers up to {found[-1]}"


def parked(evidence: Evidence) -> Iterator[str]:
    """What is parked is what was poisoned, all of it and nothing else."""
    found = Counter(evidence.seen.parked)
    for service, body in evidence.poisoned - found.keys():
        yield f"{service} did not park {body[:80]}"
    for service, body in found.keys() - evidence.poisoned:
        yield f"{service} parked {body[:200]}"
