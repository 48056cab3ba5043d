"""everyday expressions that staff edited stay."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0104"
down_revision = "catalog_0103"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column(
        "synonym",
        sa.Column("edited_by", sa.Text(), nullable=True, comment="staff; null: from the city's file"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("synonym", "edited_by")
