"""The key that signs payment links: a field of the shop's message, so every shop is said anew."""

import json
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_shops = sa.table(
    "shops", sa.column("shop", sa.String), sa.column("version", sa.BigInteger), sa.column("body", sa.Text)
)


def upgrade() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_shops)).all():
        version = row.version + 1
        body = json.loads(row.body) | {"version": version, "payment_key": secrets.token_urlsafe(32)}
        changed = sa.update(_shops).where(_shops.c.shop == row.shop)
        connection.execute(changed.values(version=version, body=json.dumps(body, ensure_ascii=False)))
