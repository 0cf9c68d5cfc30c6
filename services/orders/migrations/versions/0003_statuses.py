"""How a shop ships and publishes: needed tracking, the client's history and its signed links."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_settings = sa.table("shop_settings", sa.column("shop", sa.String), sa.column("link_secret", sa.String))


def upgrade() -> None:
    for name in ("tracking_required", "publish_histories"):
        op.add_column("shop_settings", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("shop_settings", sa.Column("link_secret", sa.String(64), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("history_token", sa.String(80)))
    connection = op.get_bind()
    for shop in connection.execute(sa.select(_settings.c.shop)).scalars().all():
        own = sa.update(_settings).where(_settings.c.shop == shop)
        connection.execute(own.values(link_secret=secrets.token_urlsafe(32)))
