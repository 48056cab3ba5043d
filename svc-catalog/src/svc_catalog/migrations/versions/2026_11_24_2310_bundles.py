"""bundles (一件事)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "catalog_0101"
down_revision = "catalog_0001"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_table(
        "bundle",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bundle")),
    )
    op.create_table(
        "bundle_version",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="as loaded; running cases keep their plan",
        ),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_bundle_version")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("bundle_version")
    op.drop_table("bundle")
