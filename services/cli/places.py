"""Units of lines on the command line (`1=2`), and where they leave from and come back to (`1=2@cellar`).

Orders takes any location, and inventory books what it does not know as if none had been named; whoever types one is
told before. Neighbours: `orders`, `shipping`, `invoices`.
"""

from collections.abc import Collection
from typing import Annotated, Any

import typer

from services.cli.client import Api, Refused

From = Annotated[str | None, typer.Option("--from", help="The location that the parcel leaves from.")]
To = Annotated[str | None, typer.Option("--to", help="The location that what comes back goes to.")]


def check_locations(api: Api, codes: Collection[str | None]) -> None:
    """Refuse a location that is not open, as far as this key may see the locations."""
    named = set(codes) - {None}
    if not named:
        return
    try:
        items = api.get("/api/v1/inventory/locations")["items"]
    except Refused:
        return
    if unknown := named - {at["code"] for at in items if not at["closed"]}:
        raise typer.BadParameter(f"there is no open location {', '.join(sorted(map(repr, unknown)))}")


def quantities(pairs: list[str] | None) -> list[dict[str, Any]] | None:
    """`["1=2"]` as the API writes it."""
    found = []
    for pair in pairs or ():
        line, _, quantity = pair.partition("=")
        if not (line.isdecimal() and quantity.isdecimal()):
            raise typer.BadParameter(f"{pair!r} is not LINE=QUANTITY, like 1=2")
        found.append({"line": int(line), "quantity": int(quantity)})
    return found or None


def returned(back: list[str] | None, scrap: list[str] | None, to: str | None) -> list[dict[str, Any]] | None:
    """What comes back of each line, where to (`to` where it does not say), and what of it is scrapped there."""
    scrapped = {(found["line"], found.get("location")): found["quantity"] for found in _located(scrap, to)}
    lines = {(found["line"], found.get("location")): found for found in _located(back, to)}
    if unnamed := scrapped.keys() - lines.keys():
        line = min(line for line, _ in unnamed)
        raise typer.BadParameter(f"line {line} is scrapped, but --back does not name it there")
    for place, quantity in scrapped.items():
        lines[place]["scrapped"] = quantity
    return list(lines.values()) or None


def _located(pairs: list[str] | None, to: str | None) -> list[dict[str, Any]]:
    """`["1=2@cellar"]` as the API writes it."""
    found = []
    for pair in pairs or ():
        units, at, location = pair.partition("@")
        [line] = quantities([units]) or [{}]
        where = location if at else to
        found.append(line if where is None else line | {"location": where})
    return found
