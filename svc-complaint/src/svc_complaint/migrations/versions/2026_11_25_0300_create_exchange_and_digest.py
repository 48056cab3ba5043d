"""create exchange, area, digest; widen rating."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "complaint_0103"
down_revision = "complaint_0102"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_table(
        "area_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_batch")),
        sa.UniqueConstraint("case_id", name=op.f("uq_area_batch_case_id")),
        sa.UniqueConstraint("order_number", name=op.f("uq_area_batch_order_number")),
    )
    op.create_table(
        "area_person",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="encrypted"),
        sa.Column("id_number", sa.Text(), nullable=False, comment="encrypted"),
        sa.Column("id_index", sa.Text(), nullable=False, comment="keyed hash"),
        sa.Column("phone", sa.Text(), nullable=False, comment="encrypted"),
        sa.Column("address", sa.Text(), nullable=False, comment="encrypted"),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True, comment="encrypted"),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "row", name=op.f("pk_area_person")),
    )
    op.create_index("ix_area_person_division", "area_person", ["batch_id", "division", "state"], unique=False)
    op.create_table(
        "daily_digest",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_digest")),
    )
    op.create_table(
        "digest_subscriber",
        sa.Column("person_id", sa.Text(), nullable=False, comment="staff id, or person id"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest_subscriber")),
    )
    op.create_table(
        "exchange_cursor",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_exchange_cursor")),
    )
    op.create_table(
        "exchange_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True, comment="encrypted part of the body"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_message")),
    )
    op.create_index(op.f("ix_exchange_message_case_id"), "exchange_message", ["case_id"], unique=False)
    op.create_index(
        "ix_exchange_message_due",
        "exchange_message",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index("uq_exchange_message_key", "exchange_message", ["topic", "key"], unique=True)
    op.create_table(
        "rating_tags",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rating_tags")),
    )
    op.add_column("rating", sa.Column("window", sa.Text(), nullable=True))
    op.add_column("rating", sa.Column("clerk", sa.Text(), nullable=True))
    op.add_column("rating", sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rating", sa.Column("channel", sa.Text(), nullable=True))
    op.add_column(
        "rating", sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("rating", sa.Column("appealed_by", sa.Text(), nullable=True))
    op.add_column("rating", sa.Column("appeal", sa.Text(), nullable=True, comment="encrypted"))
    op.add_column("rating", sa.Column("reviewed_by", sa.Text(), nullable=True))
    op.add_column("rating", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_rating_closes",
        "rating",
        ["closes_at"],
        unique=False,
        postgresql_where=sa.text("status = 'invited'"),
    )
    op.create_index("ix_rating_invited", "rating", ["invited_at"], unique=False)
    op.create_index(
        "ix_rating_submitted",
        "rating",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("submitted_at IS NOT NULL"),
    )
    op.create_index("ix_rating_window", "rating", ["service_point", "window", "submitted_at"], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_rating_window", table_name="rating")
    op.drop_index(
        "ix_rating_submitted", table_name="rating", postgresql_where=sa.text("submitted_at IS NOT NULL")
    )
    op.drop_index("ix_rating_invited", table_name="rating")
    op.drop_index("ix_rating_closes", table_name="rating", postgresql_where=sa.text("status = 'invited'"))
    op.drop_column("rating", "reviewed_at")
    op.drop_column("rating", "reviewed_by")
    op.drop_column("rating", "appeal")
    op.drop_column("rating", "appealed_by")
    op.drop_column("rating", "flags")
    op.drop_column("rating", "channel")
    op.drop_column("rating", "closes_at")
    op.drop_column("rating", "clerk")
    op.drop_column("rating", "window")
    op.drop_table("rating_tags")
    op.drop_index("uq_exchange_message_key", table_name="exchange_message")
    op.drop_index(
        "ix_exchange_message_due", table_name="exchange_message", postgresql_where=sa.text("sent_at IS NULL")
    )
    op.drop_index(op.f("ix_exchange_message_case_id"), table_name="exchange_message")
    op.drop_table("exchange_message")
    op.drop_table("exchange_cursor")
    op.drop_table("digest_subscriber")
    op.drop_table("daily_digest")
    op.drop_index("ix_area_person_division", table_name="area_person")
    op.drop_table("area_person")
    op.drop_table("area_batch")
