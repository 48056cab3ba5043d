"""drafts (草稿)."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0202"
down_revision = "catalog_0201"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="encrypted JSON"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_person", "draft", ["person_id", sa.literal_column("saved_at DESC")])
    op.create_index("ix_draft_saved_at", "draft", ["saved_at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("draft")
