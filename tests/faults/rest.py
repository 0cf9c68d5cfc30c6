"""When everything has come to rest: settled, or shown as unknown for a person to decide.

Recomputed from the databases; the flag that orders itself keeps is compared with it, not believed.
"""

from collections.abc import Iterator

from tests.faults.snapshot import ANSWERING, Row, Snapshot


def for_a_person(obligation: Row) -> bool:
    """An effect whose outcome nobody can find out but a person; no more is tried."""
    return obligation["state"] == "unknown" and obligation["due_at"] is None


def restless(seen: Snapshot) -> Iterator[str]:
    """What is still to be done, or under way."""
    for service, rows in seen.outbox.items():
        if rows:
            yield f"{service} has {rows} unsent messages"
    if seen.marks:
        yield f"inventory has {seen.marks} orders to answer for"
    for product in seen.products:
        if product["dirty"]:
            yield f"inventory has not said how {product['sku']} is now"
    for order in seen.orders:
        for reason in _unsettled(seen, order):
            yield f"order {order['code']} (version {order['version']}, {order['type']}): {reason}"


def _unsettled(seen: Snapshot, order: Row) -> Iterator[str]:
    hearings = {row["service"]: row for row in seen.of("hearings", order)}
    for service, answer in ANSWERING.items():
        heard = seen.guards[service].get(("orders.order.v1", order["id"]), 0)
        if heard != order["version"]:
            yield f"{service} has heard version {heard}"
        said, hearing = seen.answers[service].get(order["id"], 0), hearings.get(service)
        if hearing is None or (hearing["version"], hearing["heard"]) != (said, order["version"]):
            had = hearing and (hearing["version"], hearing["heard"])
            yield f"orders has {had} of {answer}, {service} has said {(said, heard)}"
        elif hearing["blocked"]:
            yield f"{service} is blocked: {hearing['blocked']}"
    account = seen.answers["billing"].get(order["id"], 0)
    heard = seen.guards["notifications"].get(("billing.account.v1", order["id"]), 0)
    if heard != account:
        yield f"notifications has heard version {heard} of {account} of the account"
    yield from _open(seen, order, hearings)


def _open(seen: Snapshot, order: Row, hearings: dict[str, Row]) -> Iterator[str]:
    obligations = seen.of("obligations", order)
    left = sum(map(for_a_person, obligations))
    for one in obligations:
        if one["due_at"] is not None or one["state"] in {"due", "retry"}:
            yield f"{one['channel']} {one['subject']} is {one['state']}: {one['reason']}"
    for one in seen.of("renderings", order):
        if one["sha256"] is None:
            yield f"document {one['document_id']} is not typeset: {one['error']}"
    told = {service: row["open"] for service, row in hearings.items()}
    if told != {"inventory": 0, "billing": 0, "notifications": left}:
        yield f"orders believes that {told} are open, {left} are left to a person"
    if order["settled"] != (left == 0):
        yield f"orders says settled = {order['settled']}, {left} are left to a person"
