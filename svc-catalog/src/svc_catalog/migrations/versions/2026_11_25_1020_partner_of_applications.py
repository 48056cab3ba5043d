"""The bank at which an application was handed in (政银通办)."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0303"
down_revision = "catalog_0302"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column("application", sa.Column("partner", sa.Text(), comment="bank at which it was handed in"))


def downgrade() -> None:
    """Undo."""
    op.drop_column("application", "partner")
