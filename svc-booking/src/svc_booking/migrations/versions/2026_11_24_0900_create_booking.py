"""create booking."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "booking_0001"
down_revision = None


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("durable", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="class of the error, never its text"),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_open",
        "dead_letter",
        ["failed_at"],
        unique=False,
        postgresql_where=sa.text("replayed_at IS NULL"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("scope", sa.Text(), nullable=False, comment="who used the key and on which operation"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("durable", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("durable", "event_id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_handled_at"), "inbox", ["handled_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False, comment="event id, also Nats-Msg-Id"),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_sent_at",
        "outbox",
        ["sent_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_unsent", "outbox", ["seq"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "service_point",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column(
            "weekly_hours",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="weekday -> [[opens, closes], …] in city time",
        ),
        sa.Column("always_open", sa.Boolean(), nullable=False),
        sa.Column("slots_until", sa.DateTime(timezone=True), nullable=True, comment="slots exist up to here"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service_point")),
    )
    op.create_table(
        "ticket_counter",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("service_point", "letter", "day", name=op.f("pk_ticket_counter")),
    )
    op.create_table(
        "point_group",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False, comment="places in each new slot"),
        sa.Column("windows", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point"], ["service_point.code"], name=op.f("fk_point_group_service_point_service_point")
        ),
        sa.PrimaryKeyConstraint("service_point", "group_code", name=op.f("pk_point_group")),
    )
    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_slot_never_overbooked")),
        sa.ForeignKeyConstraint(
            ["service_point", "group_code"],
            ["point_group.service_point", "point_group.group_code"],
            name=op.f("fk_slot_service_point_group_code_point_group"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("ix_slot_group_time", "slot", ["group_code", "starts_at"], unique=False)
    op.create_index(
        "uq_slot_place_and_time", "slot", ["service_point", "group_code", "starts_at"], unique=True
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("service_point_name", sa.Text(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_appointment_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(
        "ix_appointment_open",
        "appointment",
        ["starts_at"],
        unique=False,
        postgresql_where=sa.text("status = 'booked'"),
    )
    op.create_index(
        "ix_appointment_person",
        "appointment",
        ["person_id", sa.literal_column("starts_at DESC"), "id"],
        unique=False,
    )
    op.create_index(op.f("ix_appointment_slot_id"), "appointment", ["slot_id"], unique=False)
    op.create_index(
        "uq_appointment_one_open",
        "appointment",
        ["person_id", "group_code"],
        unique=True,
        postgresql_where=sa.text("status = 'booked'"),
    )
    op.create_table(
        "queue_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("service_point_name", sa.Text(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("window_name", sa.Text(), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_queue_ticket_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["service_point"],
            ["service_point.code"],
            name=op.f("fk_queue_ticket_service_point_service_point"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_ticket")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_queue_ticket_appointment_id")),
    )
    op.create_index(
        "ix_queue_ticket_waiting",
        "queue_ticket",
        ["service_point", "rank_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "uq_queue_ticket_at_window",
        "queue_ticket",
        ["service_point", "window_name"],
        unique=True,
        postgresql_where=sa.text("status IN ('called', 'serving')"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("ahead", sa.Text(), nullable=False, comment="day or hour"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_reminder_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
    )
    op.create_index(op.f("ix_reminder_appointment_id"), "reminder", ["appointment_id"], unique=False)
    op.create_index(
        "ix_reminder_due", "reminder", ["due_at"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_reminder_due", table_name="reminder", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index(op.f("ix_reminder_appointment_id"), table_name="reminder")
    op.drop_table("reminder")
    op.drop_index(
        "uq_queue_ticket_at_window",
        table_name="queue_ticket",
        postgresql_where=sa.text("status IN ('called', 'serving')"),
    )
    op.drop_index(
        "ix_queue_ticket_waiting", table_name="queue_ticket", postgresql_where=sa.text("status = 'waiting'")
    )
    op.drop_table("queue_ticket")
    op.drop_index(
        "uq_appointment_one_open", table_name="appointment", postgresql_where=sa.text("status = 'booked'")
    )
    op.drop_index(op.f("ix_appointment_slot_id"), table_name="appointment")
    op.drop_index("ix_appointment_person", table_name="appointment")
    op.drop_index(
        "ix_appointment_open", table_name="appointment", postgresql_where=sa.text("status = 'booked'")
    )
    op.drop_table("appointment")
    op.drop_index("uq_slot_place_and_time", table_name="slot")
    op.drop_index("ix_slot_group_time", table_name="slot")
    op.drop_table("slot")
    op.drop_table("point_group")
    op.drop_table("ticket_counter")
    op.drop_table("service_point")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index("ix_outbox_sent_at", table_name="outbox", postgresql_where=sa.text("sent_at IS NOT NULL"))
    op.drop_table("outbox")
    op.drop_index(op.f("ix_inbox_handled_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index(
        "ix_dead_letter_open", table_name="dead_letter", postgresql_where=sa.text("replayed_at IS NULL")
    )
    op.drop_table("dead_letter")
