"""The bank at which a licence was applied for (政银通办)."""

import sqlalchemy as sa
from alembic import op

revision = "license_0301"
down_revision = "license_0102"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column("license", sa.Column("partner", sa.Text(), comment="bank at which it was applied for"))


def downgrade() -> None:
    """Undo."""
    op.drop_column("license", "partner")
