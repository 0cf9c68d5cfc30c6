"""What clients do in their space: their language and addresses, and the products they wish for."""

from typing import Any

from sqlalchemy import delete, func, select

from services.orders.commands.customers import amend_customer
from services.orders.commands.inputs import AmendCustomer
from services.orders.commands.inputs.account import AccountPatch
from services.orders.queries.account import Session
from services.orders.queries.customers import CustomerRecord
from services.orders.tables import products, wishes
from shared.contracts import Shop
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem

MOST = 200
"""Products on one wish list."""


class ProductUnknown(NotFound):
    """The shop sells no such product."""

    slug = "product-unknown"
    title = "There is no such product"


class ListFull(Problem):
    """The wish list has as many products as it may."""

    slug = "wish-list-full"
    title = "The wish list is full"


async def amend_own(
    tx: Transaction, session: Session, shop: Shop, request: AccountPatch, *, version: int | None = None
) -> CustomerRecord:
    """Change the client's own data. Raises `StaleCustomer`, and `Invalid` for a language the shop does not speak."""
    given: dict[str, Any] = request.model_dump(exclude_unset=True)
    if request.language is not None and request.language not in shop.languages:
        detail = f"The shop speaks {', '.join(shop.languages)}."
        raise Invalid(detail, field="language", known=list(shop.languages))
    return await amend_customer(tx, session.shop, session.customer_id, AmendCustomer(**given), version=version)


async def add_wish(tx: Transaction, session: Session, sku: str) -> None:
    """Put a product on the client's list, where it stands once. Raises `ProductUnknown`, `ListFull`."""
    own = (products.c.shop == session.shop, products.c.sku == sku, ~products.c.deleted)
    if (await tx.execute(select(products.c.sku).where(*own))).first() is None:
        raise ProductUnknown(f"The shop sells no '{sku}'.")
    row = {"customer_id": session.customer_id, "sku": sku, "added_at": tx.now}
    await tx.execute(upsert(tx.conn, wishes, keys=["customer_id", "sku"]), [row])
    counted = select(func.count()).select_from(wishes).where(wishes.c.customer_id == session.customer_id)
    if (await tx.execute(counted)).scalar_one() > MOST:
        raise ListFull(f"A wish list has at most {MOST} products: take one off first.")


async def remove_wish(tx: Transaction, session: Session, sku: str) -> None:
    """Take a product off the list; one that is not there is off already."""
    await tx.execute(delete(wishes).where(wishes.c.customer_id == session.customer_id, wishes.c.sku == sku))
