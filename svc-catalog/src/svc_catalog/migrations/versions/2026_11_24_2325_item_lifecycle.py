"""item lifecycle: drafts, standing, who published a version; everyday expressions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "catalog_0103"
down_revision = "catalog_0102"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    # Each new column has a default or may be null, so that the release before goes on writing.
    op.add_column(
        "item",
        sa.Column(
            "plain_keywords", sa.Text(), server_default=sa.text("''"), nullable=False, comment="normalised"
        ),
    )
    op.add_column(
        "item",
        sa.Column(
            "brief",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what a list shows; null: written before this column",
        ),
    )
    op.add_column(
        "item", sa.Column("state", sa.Text(), server_default=sa.text("'published'"), nullable=False)
    )
    op.add_column("item", sa.Column("state_reason", sa.Text(), nullable=True, comment="why it is not in use"))
    op.alter_column("item", "is_published", comment="in use", existing_type=sa.Boolean())
    op.add_column("item_version", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("item_version", sa.Column("edited_by", sa.Text(), nullable=True))
    op.add_column("item_version", sa.Column("approved_by", sa.Text(), nullable=True))
    op.create_table(
        "item_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False, comment="0: a new item"),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("editors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_draft")),
    )
    op.create_index(
        "uq_item_draft_open",
        "item_draft",
        ["code"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'in_review', 'approved')"),
    )
    op.create_index(
        "ix_item_draft_due",
        "item_draft",
        ["effective_at"],
        unique=False,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_index(
        "ix_item_draft_latest",
        "item_draft",
        [sa.literal_column("updated_at DESC"), "id"],
        unique=False,
    )
    op.create_table(
        "synonym",
        sa.Column("word", sa.Text(), nullable=False, comment="everyday expression, normalised"),
        sa.Column(
            "means", postgresql.ARRAY(sa.Text()), nullable=False, comment="what the catalogue calls it"
        ),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_synonym")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("synonym")
    op.drop_table("item_draft")
    op.drop_column("item_version", "approved_by")
    op.drop_column("item_version", "edited_by")
    op.drop_column("item_version", "published_at")
    op.drop_column("item", "state_reason")
    op.drop_column("item", "state")
    op.drop_column("item", "brief")
    op.drop_column("item", "plain_keywords")
