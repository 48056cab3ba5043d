"""widen case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "complaint_0101"
down_revision = "complaint_0001"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column(
        "complaint_case", sa.Column("kind_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("complaint_case", sa.Column("channel", sa.Text(), server_default="mobile", nullable=False))
    op.add_column(
        "complaint_case",
        sa.Column(
            "tracking_hash",
            sa.Text(),
            nullable=True,
            comment="SM3 of the code that only an anonymous reporter knows",
        ),
    )
    op.add_column("complaint_case", sa.Column("contact", sa.Text(), nullable=True, comment="encrypted"))
    op.add_column("complaint_case", sa.Column("fields", sa.Text(), nullable=True, comment="encrypted"))
    op.add_column("complaint_case", sa.Column("category", sa.Text(), nullable=True))
    op.add_column(
        "complaint_case",
        sa.Column(
            "suggested",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("complaint_case", sa.Column("urgency", sa.Text(), server_default="normal", nullable=False))
    op.add_column("complaint_case", sa.Column("application_id", sa.Uuid(), nullable=True))
    op.add_column("complaint_case", sa.Column("appointment_id", sa.Uuid(), nullable=True))
    op.add_column("complaint_case", sa.Column("window", sa.Text(), nullable=True))
    op.add_column("complaint_case", sa.Column("division", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "complaint_case",
        sa.Column("external", sa.Text(), nullable=True, comment="platform:number of an order from elsewhere"),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "status_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "runs_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when the deadline runs",
        ),
    )
    op.add_column("complaint_case", sa.Column("level", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("complaint_case", sa.Column("outcome", sa.Text(), nullable=True))
    op.add_column("complaint_case", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("complaint_case", sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint_case", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "complaint_case", sa.Column("reopened", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("complaint_case", sa.Column("helper", sa.Text(), nullable=True))
    op.add_column("complaint_case", sa.Column("tracked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint_case", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint_case", sa.Column("finding", sa.Text(), nullable=True))
    op.add_column("complaint_case", sa.Column("call_back_due", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint_case", sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint_case", sa.Column("supervised_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "complaint_case",
        sa.Column("extension_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "complaint_case",
        sa.Column("has_trouble", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "complaint_case",
        sa.Column("awaiting", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "parts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "replies", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "extensions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "supervisions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "complaint_case",
        sa.Column(
            "troubles",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.drop_index(
        op.f("ix_complaint_case_due"),
        table_name="complaint_case",
        postgresql_where="((status <> 'closed'::text) AND (NOT is_overdue))",
    )
    op.create_index(
        "ix_complaint_case_awaiting",
        "complaint_case",
        ["awaiting"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("awaiting <> '{}'"),
    )
    op.create_index(
        "ix_complaint_case_closed",
        "complaint_case",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_case_external",
        "complaint_case",
        ["external"],
        unique=True,
        postgresql_where=sa.text("external IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_case_merged",
        "complaint_case",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_case_open",
        "complaint_case",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('resolved', 'confirmed', 'closed')"),
    )
    op.create_index("ix_complaint_case_received", "complaint_case", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_complaint_case_tracking",
        "complaint_case",
        ["tracking_hash"],
        unique=True,
        postgresql_where=sa.text("tracking_hash IS NOT NULL"),
    )
    op.create_index(
        "ix_complaint_case_work",
        "complaint_case",
        ["department", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('resolved', 'confirmed', 'closed')"),
    )
    op.create_index(
        "ix_complaint_case_special",
        "complaint_case",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "status NOT IN ('resolved', 'confirmed', 'closed') AND (tracked_at IS NOT NULL"
            " OR supervised_until IS NOT NULL OR has_trouble OR extension_asked)"
        ),
    )
    # Cases of the first release: where they stand, since when, and where they came from.
    op.execute(
        "UPDATE complaint_case SET status_since = coalesce((steps -> -1 ->> 'at')::timestamptz, received_at),"
        " division = coalesce(substring(service_point FROM '^[0-9]{6}') || '000000', '410400000000'),"
        " closed_at = CASE WHEN status = 'closed' THEN (steps -> -1 ->> 'at')::timestamptz END,"
        " outcome = CASE WHEN status = 'closed' THEN 'solved' END"
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_complaint_case_special", table_name="complaint_case")
    op.drop_index(
        "ix_complaint_case_work",
        table_name="complaint_case",
        postgresql_where=sa.text("status NOT IN ('resolved', 'confirmed', 'closed')"),
    )
    op.drop_index(
        "ix_complaint_case_tracking",
        table_name="complaint_case",
        postgresql_where=sa.text("tracking_hash IS NOT NULL"),
    )
    op.drop_index("ix_complaint_case_received", table_name="complaint_case")
    op.drop_index(
        "ix_complaint_case_open",
        table_name="complaint_case",
        postgresql_where=sa.text("status NOT IN ('resolved', 'confirmed', 'closed')"),
    )
    op.drop_index(
        "ix_complaint_case_merged",
        table_name="complaint_case",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_index(
        "ix_complaint_case_external",
        table_name="complaint_case",
        postgresql_where=sa.text("external IS NOT NULL"),
    )
    op.drop_index(
        "ix_complaint_case_closed",
        table_name="complaint_case",
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_complaint_case_awaiting",
        table_name="complaint_case",
        postgresql_using="gin",
        postgresql_where=sa.text("awaiting <> '{}'"),
    )
    op.create_index(
        op.f("ix_complaint_case_due"),
        "complaint_case",
        ["due_at"],
        unique=False,
        postgresql_where="((status <> 'closed'::text) AND (NOT is_overdue))",
    )
    op.drop_column("complaint_case", "troubles")
    op.drop_column("complaint_case", "supervisions")
    op.drop_column("complaint_case", "extensions")
    op.drop_column("complaint_case", "replies")
    op.drop_column("complaint_case", "parts")
    op.drop_column("complaint_case", "awaiting")
    op.drop_column("complaint_case", "has_trouble")
    op.drop_column("complaint_case", "extension_asked")
    op.drop_column("complaint_case", "supervised_until")
    op.drop_column("complaint_case", "called_back_at")
    op.drop_column("complaint_case", "call_back_due")
    op.drop_column("complaint_case", "finding")
    op.drop_column("complaint_case", "look_at")
    op.drop_column("complaint_case", "tracked_at")
    op.drop_column("complaint_case", "helper")
    op.drop_column("complaint_case", "reopened")
    op.drop_column("complaint_case", "closed_at")
    op.drop_column("complaint_case", "resolved_at")
    op.drop_column("complaint_case", "merged_into")
    op.drop_column("complaint_case", "outcome")
    op.drop_column("complaint_case", "level")
    op.drop_column("complaint_case", "runs_since")
    op.drop_column("complaint_case", "status_since")
    op.drop_column("complaint_case", "external")
    op.drop_column("complaint_case", "division")
    op.drop_column("complaint_case", "window")
    op.drop_column("complaint_case", "appointment_id")
    op.drop_column("complaint_case", "application_id")
    op.drop_column("complaint_case", "urgency")
    op.drop_column("complaint_case", "suggested")
    op.drop_column("complaint_case", "category")
    op.drop_column("complaint_case", "fields")
    op.drop_column("complaint_case", "contact")
    op.drop_column("complaint_case", "tracking_hash")
    op.drop_column("complaint_case", "channel")
    op.drop_column("complaint_case", "kind_version")
