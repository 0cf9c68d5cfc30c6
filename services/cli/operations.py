"""`comptoir dead`, `outbox`, `resync`, `doctor`: what lies between the services, and what an operator does about it.

All four services offer the same routes (`shared.web.operations`); a message is named by the service that could not deal
with it, the message's name and its key.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from services.cli.client import SERVICES, Api, segment
from services.cli.errors import Exit
from services.cli.output import note, show_fields, show_items, show_json
from services.cli.session import api_of, tell_trace
from services.cli.shipping import wait_until_settled

dead_app = typer.Typer(help="Messages set aside because they could not be dealt with.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON, a line an item.")]
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="Who could not deal with it.")]
MessageName = Annotated[str, typer.Argument(metavar="MESSAGE", help="The message, such as orders.order.v1.")]
Key = Annotated[str, typer.Argument(help="Its key, such as the order's id.")]
OneService = Annotated[str | None, typer.Option("--service", help="One of the four only.")]

ORDERS = "orders"
OPERATIONS = "/api/v1/operations"
WHICH = {"service": "service", "message": "message", "key": "key", "version": "version"}
DEAD_COLUMNS = {**WHICH, "at": "at", "reason": "reason"}
OUTBOX_COLUMNS = {**WHICH, "since": "at"}
NEEDS_PERSON = ("unknown", "rejected")
UNDER_WAY_SECONDS = 10
"""A message younger than that is just being said; the sweep has it after five."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(dead_app, name="dead")
    app.command("outbox")(show_outbox)
    app.command("resync")(resync)
    app.command("doctor")(doctor)


@dead_app.command("list")
def list_dead(context: typer.Context, service: OneService = None, as_json: Json = False) -> None:
    """What is set aside, with the reason."""
    items = _of_all(api_of(context), "dead", service)
    show_items(items, DEAD_COLUMNS, as_json=as_json, empty="Nothing is set aside.")


@dead_app.command("show")
def show_dead(
    context: typer.Context, service: ServiceName, message: MessageName, key: Key, as_json: Json = False
) -> None:
    """One message with its body."""
    found = api_of(context).get(_dead(service, message, key))
    if as_json:
        show_json(found)
    else:
        show_fields(found)


@dead_app.command("replay")
def replay_dead(
    context: typer.Context,
    service: Annotated[str | None, typer.Argument(help="Whose; of all where absent.")] = None,
    message: Annotated[str | None, typer.Argument(help="Which; all where absent.")] = None,
    key: Annotated[str | None, typer.Argument(help="Which; all where absent.")] = None,
    as_json: Json = False,
) -> None:
    """Deal with them again. Exit code 3: some are still set aside."""
    api = api_of(context)
    results = []
    for item in list(_of_all(api, "dead", service)):
        if message in {None, item["message"]} and key in {None, item["key"]}:
            result = api.post(_dead(item["service"], item["message"], item["key"]))
            results.append({"service": item["service"], **result})
    columns = {"service": "service", "message": "message", "key": "key", "still parked": "parked", "reason": "reason"}
    show_items(results, columns, as_json=as_json, empty="Nothing is set aside.")
    tell_trace(api)
    if any(result["parked"] for result in results):
        raise typer.Exit(Exit.PARTIAL)


@dead_app.command("drop")
def drop_dead(
    context: typer.Context,
    service: ServiceName,
    message: MessageName,
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget one; a newer version of it still comes through."""
    api = api_of(context)
    path = _dead(service, message, key)
    reason = api.get(path)["reason"]
    if not yes:
        typer.confirm(f"Forget {message} {key}, which {service} set aside for: {reason}?", abort=True, err=True)
    api.delete(path)
    note("Forgotten.")


def show_outbox(context: typer.Context, service: OneService = None, as_json: Json = False) -> None:
    """Messages that the broker has not confirmed yet."""
    items = _of_all(api_of(context), "outbox", service)
    show_items(items, OUTBOX_COLUMNS, as_json=as_json, empty="Everything has been said.")


def resync(
    context: typer.Context,
    service: Annotated[str | None, typer.Argument(help="Who shall hear everything again.")] = None,
    as_json: Json = False,
) -> None:
    """Say the shop and all its orders again to a service; without one, how far it is."""
    api = api_of(context)
    if service is not None:
        api.post(f"{OPERATIONS}/resync", {"service": service})
        note(f"{service} hears everything again; `comptoir resync` shows how far it is.")
        tell_trace(api)
        return
    columns = {"service": "service", "sent": "sent", "requested at": "requested_at", "finished at": "finished_at"}
    items = api.get(f"{OPERATIONS}/resync")["items"]
    show_items(items, columns, as_json=as_json, empty="None was asked for.")


def doctor(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many orders at the most.")] = 200,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for what is under way.")] = 0,
    as_json: Json = False,
) -> None:
    """What is not settled, and why; exit code 1 where there is anything."""
    api = api_of(context)
    if wait:
        wait_until_settled(api, wait)
    findings = list(_findings(api, limit))
    columns = {"what": "what", "which": "which", "since": "since", "why": "why"}
    show_items(findings, columns, as_json=as_json, empty="All is settled.")
    if findings:
        raise typer.Exit(Exit.FAILED)


def _findings(api: Api, limit: int) -> Iterator[dict[str, Any]]:
    for order in api.pages(f"{OPERATIONS}/unsettled", limit=limit):
        why = "; ".join(f"{service} {reason}" for service, reasons in order["reasons"].items() for reason in reasons)
        yield _finding("order", order["code"], order["since"], why)
    for item in _of_all(api, "dead", None):
        yield _finding("parked message", f"{item['message']} {item['key']}", item["at"], _at(item, item["reason"]))
    for item in _of_all(api, "outbox", None, older_than=UNDER_WAY_SECONDS):
        yield _finding("unsent message", f"{item['message']} {item['key']}", item["at"], _at(item, "not confirmed"))
    for outcome in NEEDS_PERSON:
        for delivery in api.pages("/api/v1/notifications/deliveries", limit=limit, outcome=outcome):
            if delivery["needs_person"]:
                which = f"{delivery['channel']} {delivery['subject']} of {delivery['order']}"
                yield _finding("delivery", which, delivery["at"], f"{outcome}: {delivery['reason']} ({delivery['id']})")
    for order in api.pages("/api/v1/billing/exchange-rates/missing", limit=limit):
        why = f"its documents wait for a rate of exchange: comptoir rates set {order['currency']} …"
        yield _finding("documents", order["order"], order["placed_at"], why)
    for sku in api.pages("/api/v1/inventory/discrepancies", limit=limit):
        yield _finding("stock", sku["sku"], sku["discrepancy_since"], f"{sku['on_hand']} on hand: count it")


def _finding(what: str, which: str, since: str, why: str) -> dict[str, Any]:
    return {"what": what, "which": which, "since": since, "why": why}


def _at(item: dict[str, Any], why: str) -> str:
    return f"{item['service']}: {why}"


def _of_all(api: Api, kind: str, service: str | None, **query: int) -> Iterator[dict[str, Any]]:
    """The items of one operations list, of one service or of all four, each with its service."""
    for name in SERVICES if service is None else (_known(service),):
        for item in api.pages(f"{operations_base(name)}/{kind}", **query):
            yield {"service": name, **item}


def _dead(service: str, message: str, key: str) -> str:
    return f"{operations_base(_known(service))}/dead/{segment(message)}/{segment(key)}"


def operations_base(service: str) -> str:
    """Where a service offers its operations."""
    return OPERATIONS if service == ORDERS else f"/api/v1/{service}/operations"


def _known(service: str) -> str:
    if service not in SERVICES:
        raise typer.BadParameter(f"{service} is no service; there are {', '.join(SERVICES)}")
    return service
