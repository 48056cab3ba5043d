"""Which seal took the place of which: kinds name the seal they were loaded with."""

import sqlalchemy as sa
from alembic import op

revision = "license_0302"
down_revision = "license_0301"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_table(
        "seal_succession",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_seal_succession")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("seal_succession")
