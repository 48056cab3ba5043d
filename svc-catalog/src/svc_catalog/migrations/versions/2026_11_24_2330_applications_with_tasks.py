"""applications with tasks, deliveries, attachments, deadlines (办件)."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "catalog_0201"
down_revision = "catalog_0104"

JSON = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)
LATEST = ["submitted_at DESC", "id DESC"]
EMPTY_LIST, NO = sa.text("'[]'::jsonb"), sa.text("false")
COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("is_bundle", sa.Boolean(), nullable=False, server_default=NO),
    sa.Column("plan", JSON, nullable=False, server_default=EMPTY_LIST, comment="steps of departments"),
    sa.Column("answers", JSON, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.Column("precheck", JSON, nullable=False, server_default=EMPTY_LIST),
    sa.Column("submitted_by", sa.Text(), comment="staff who handed it in for the person"),
    sa.Column("consent_note", sa.Text()),
    sa.Column("conveniences", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("delivery_method", sa.Text(), nullable=False, server_default="electronic"),
    sa.Column("is_instant", sa.Boolean(), nullable=False, server_default=NO),
    sa.Column("is_unified", sa.Boolean(), nullable=False, server_default=NO),
    sa.Column("partner_city", sa.Text()),
    sa.Column("told", JSON, nullable=False, server_default=EMPTY_LIST),
    sa.Column("tell_by", MOMENT, comment="until when what is missing must be told"),
    sa.Column("is_deemed_accepted", sa.Boolean(), nullable=False, server_default=NO),
    sa.Column("accepted_at", MOMENT),
    sa.Column("clock_from", MOMENT),
    sa.Column("stops", JSON, nullable=False, server_default=EMPTY_LIST),
    sa.Column("stopped_at", MOMENT),
    sa.Column("warn_at", MOMENT),
    sa.Column("warned_at", MOMENT),
    sa.Column("overdue_at", MOMENT),
    sa.Column("decided_at", MOMENT),
    sa.Column("legal_ground", sa.Text()),
)
RUNNING = "status IN ('accepted', 'in_progress')"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment. Every new column suits the old release."""
    for column in COLUMNS:
        op.add_column("application", column)
    _indexes()
    # The old release counts from 1 each day; starting half way keeps both apart while they run side by side.
    op.execute("CREATE SEQUENCE case_number_seq START 500000 MINVALUE 1 MAXVALUE 999999 CYCLE")
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("after", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text()),
        sa.Column("opened_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("legal_ground", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_task_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("uq_task_application_id_position", "task", ["application_id", "position"], unique=True)
    op.create_index("ix_task_department", "task", ["department", "status", "due_at", "id"])
    op.create_table(
        "delivery",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), comment="encrypted JSON"),
        sa.Column("pickup_code", sa.Text(), comment="encrypted"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.Text()),
        sa.Column("tracking_number", sa.Text()),
        sa.Column("tracked", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("looked_at", MOMENT),
        sa.Column("handed_over_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_delivery_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_under_way", "delivery", ["looked_at"], postgresql_where=sa.text("status = 'sent'")
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 of the content"),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(
        "ix_attachment_person", "attachment", ["person_id", sa.literal_column("uploaded_at DESC"), "id"]
    )
    op.create_index(
        "ix_attachment_unused", "attachment", ["uploaded_at"], postgresql_where=sa.text("used_at IS NULL")
    )


def _indexes() -> None:
    latest: list[Any] = [sa.literal_column(part) for part in LATEST]
    op.create_index("ix_application_person_latest", "application", ["person_id", *latest])
    op.create_index("ix_application_latest", "application", latest)
    op.create_index("ix_application_status_latest", "application", ["status", *latest])
    op.create_index("ix_application_item_latest", "application", ["item_code", *latest])
    for scope in ("department", "service_point"):
        name = f"ix_application_{scope}"
        op.create_index(f"{name}_latest", "application", [scope, *latest])
        op.create_index(f"{name}_status_latest", "application", [scope, "status", *latest])
        op.create_index(f"{name}_item_latest", "application", [scope, "item_code", *latest])
        op.create_index(
            f"{name}_overdue",
            "application",
            [scope, *latest],
            postgresql_where=sa.text("overdue_at IS NOT NULL"),
        )
    op.create_index(
        "ix_application_tell_by", "application", ["tell_by"], postgresql_where=sa.text("status = 'submitted'")
    )
    for column, mark in (("warn_at", "warned_at"), ("due_at", "overdue_at")):
        op.create_index(
            f"ix_application_{column}",
            "application",
            [column],
            postgresql_where=sa.text(f"{RUNNING} AND {mark} IS NULL"),
        )


def downgrade() -> None:
    """Take the change back."""
    for table in ("attachment", "delivery", "task"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE case_number_seq")
    for name in ("person_latest", "latest", "status_latest", "item_latest"):
        op.drop_index(f"ix_application_{name}", table_name="application")
    for scope in ("department", "service_point"):
        for name in ("latest", "status_latest", "item_latest", "overdue"):
            op.drop_index(f"ix_application_{scope}_{name}", table_name="application")
    for name in ("tell_by", "warn_at", "due_at"):
        op.drop_index(f"ix_application_{name}", table_name="application")
    for column in reversed(COLUMNS):
        op.drop_column("application", column.name)
