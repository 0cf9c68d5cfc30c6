"""The oracles of what left the house: mails, SMS, parcels confirmed, each judged by the counterpart's own ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from tests.faults.oracles import Evidence
from tests.faults.rest import for_a_person
from tests.faults.snapshot import Row
from tests.servers.vendors import Call


def mails(evidence: Evidence) -> Iterator[str]:
    """Each asked mail arrived; the same one again only where an attempt before it was of unknown outcome."""
    seen = evidence.seen
    arrived = Counter(
        (str(one.message["X-Comptoir-Order"]), one.message_id.partition("@")[0].strip("<"))
        for one in evidence.ledgers.mails
        if evidence.told.tag in str(one.recipients)
    )
    unknown = Counter(
        attempt["obligation_id"]
        for attempt in seen.tables["attempts"]
        if attempt["outcome"] in (None, "unknown") or attempt["late"]  # known when another had taken it over
    )
    entries = seen.by_order("entries")
    for order in seen.orders:
        asked = sum(entry["mail"] for entry in entries[order["id"]])
        distinct = [key for key in arrived if key[0] == order["code"]]
        if len(distinct) != asked:
            yield f"order {order['code']}: {asked} mails were asked for, {len(distinct)} different ones arrived"
        for key in distinct:
            if arrived[key] > 1 + unknown[key[1]]:
                yield f"mail {key}: arrived {arrived[key]} times, {unknown[key[1]]} attempts of unknown outcome"


def sms(evidence: Evidence) -> Iterator[str]:
    """No SMS was taken twice; each asked one was taken, or is left to a person."""
    obligations = evidence.seen.by_order("obligations")
    for order in evidence.seen.orders:
        taken = Counter(call.subject for call in evidence.ledgers.twilio if call.taken and call.order == order["code"])
        own = [one for one in obligations[order["id"]] if one["channel"] == "sms"]
        for text, times in taken.items():
            if times > 1:
                yield f"order {order['code']}: {text!r} was sent {times} times"
        done = sum(one["state"] == "done" for one in own)
        unsure = sum(map(for_a_person, own))
        if not done <= taken.total() <= done + unsure:
            yield f"order {order['code']}: Twilio took {taken.total()}, {done} are done and {unsure} left to a person"
        asked = sum(entry["sms"] for entry in evidence.seen.of("entries", order))
        if asked != done + unsure:
            yield f"order {order['code']}: {asked} SMS were asked for, {done} are done and {unsure} left to a person"


def amazon(evidence: Evidence) -> Iterator[str]:
    """Each parcel is confirmed under its own reference; a repetition says the same."""
    yield from _parcels(evidence, "amazon", evidence.ledgers.amazon, lambda parcel: str(parcel["number"]), once=False)


def ebay(evidence: Evidence) -> Iterator[str]:
    """Each parcel was taken by eBay once: it would be refused a second time."""
    yield from _parcels(
        evidence, "ebay", evidence.ledgers.ebay, lambda parcel: str(parcel["tracking_number"]), once=True
    )


def _parcels(evidence: Evidence, channel: str, ledger: Sequence[Call], subject: Any, *, once: bool) -> Iterator[str]:
    taken: defaultdict[str, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for call in ledger:
        if call.taken:
            taken[call.order][call.subject].append(call.content)
    parcels = evidence.seen.by_order("parcels")
    for order in evidence.seen.orders:
        if order["channel"] != channel:
            continue
        wanted = {subject(parcel): parcel for parcel in parcels[order["id"]]}
        found = taken[order["external_id"]]
        if wanted.keys() != found.keys():
            yield f"order {order['code']}: parcels {sorted(wanted)}, {channel} knows of {sorted(found)}"
        for name, contents in found.items():
            if any(content != contents[0] for content in contents) or (once and len(contents) > 1):
                yield f"parcel {name} of {order['code']}: {channel} was told {len(contents)} times: {contents}"
            if name in wanted and _items(contents[-1]) != _packed(wanted[name]):
                yield f"parcel {name} of {order['code']}: {channel} was told {_items(contents[-1])}"


def _items(content: dict[str, Any]) -> list[int]:
    return sorted(item["quantity"] for item in content.get("orderItems") or content.get("lineItems") or ())


def _packed(parcel: Row) -> list[int]:
    return sorted(quantity for _line, quantity in orjson.loads(parcel["lines"]))
