"""licences that came out of an application."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "catalog_0301"
down_revision = "catalog_0203"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column(
        "application",
        sa.Column(
            "licenses",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="issued as its results",
        ),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("application", "licenses")
