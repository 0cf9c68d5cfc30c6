"""The shop's promotions: made, changed, ended. What an order used is its own copy and does not follow."""

from typing import Any

from sqlalchemy import update

from services.orders.commands.inputs import PromotionInput
from services.orders.queries.promotions import PromotionRecord, find_promotion
from services.orders.tables import promotions
from shared.database import new_id, upsert
from shared.money import to_minor
from shared.outbox import Transaction
from shared.problems import Invalid, Problem


class CodeTaken(Problem):
    """Another promotion has this code."""

    slug = "code-taken"
    title = "The code is in use"


async def create_promotion(tx: Transaction, shop: str, request: PromotionInput) -> PromotionRecord:
    """A new promotion, in force from its start. Raises `CodeTaken`."""
    row = {"id": new_id(), "shop": shop, **_columns(request)}
    if (await tx.execute(upsert(tx.conn, promotions, keys=["shop", "code"]).values(row))).rowcount == 0:
        raise CodeTaken(f"The shop has a promotion with the code '{request.code}'.")
    return await find_promotion(tx.conn, shop, row["id"])


async def update_promotion(tx: Transaction, shop: str, id_: str, request: PromotionInput) -> PromotionRecord:
    """The promotion as the request says; its code is fixed, since it stands on paper."""
    present = await find_promotion(tx.conn, shop, id_)
    if request.code != present.code:
        raise Invalid("The code of a promotion is fixed.", field="code")
    await tx.execute(update(promotions).where(promotions.c.id == id_).values(_columns(request)))
    return await find_promotion(tx.conn, shop, id_)


def _columns(request: PromotionInput) -> dict[str, Any]:
    minimum = request.minimum
    return request.model_dump(exclude={"minimum"}) | {
        "skus": list(request.skus),
        "minimum": None if minimum is None or request.currency is None else to_minor(minimum, request.currency),
    }
