"""The hall's day: journal, windows, rules, numbers of a day, reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "booking_0201"
down_revision = "booking_0001"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    _create_audit_trail()
    op.create_table(
        "group_name",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_group_name")),
    )
    op.create_table(
        "day_report",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "closed_by", sa.Text(), nullable=True, comment="staff id; empty when the clock closed the day"
        ),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point"], ["service_point.code"], name=op.f("fk_day_report_service_point_service_point")
        ),
        sa.PrimaryKeyConstraint("service_point", "day", name=op.f("pk_day_report")),
    )
    op.create_table(
        "group_letter",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point"],
            ["service_point.code"],
            name=op.f("fk_group_letter_service_point_service_point"),
        ),
        sa.PrimaryKeyConstraint("service_point", "group_code", name=op.f("pk_group_letter")),
        sa.UniqueConstraint("service_point", "letter", name=op.f("uq_group_letter_service_point_letter")),
    )
    op.create_table(
        "hall_policy",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("early_minutes", sa.Integer(), nullable=False),
        sa.Column("late_minutes", sa.Integer(), nullable=False),
        sa.Column("no_show_minutes", sa.Integer(), nullable=False),
        sa.Column("max_skips", sa.Integer(), nullable=False),
        sa.Column("unfinished_minutes", sa.Integer(), nullable=False),
        sa.Column("divert_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("no_show_minutes >= late_minutes", name=op.f("ck_hall_policy_no_show_after_late")),
        sa.ForeignKeyConstraint(
            ["service_point"], ["service_point.code"], name=op.f("fk_hall_policy_service_point_service_point")
        ),
        sa.PrimaryKeyConstraint("service_point", name=op.f("pk_hall_policy")),
    )
    op.create_table(
        "hall_window",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("clerk", sa.Text(), nullable=True, comment="staff id of who sits there"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is paused"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["service_point"], ["service_point.code"], name=op.f("fk_hall_window_service_point_service_point")
        ),
        sa.PrimaryKeyConstraint("service_point", "name", name=op.f("pk_hall_window")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("group_code", sa.Text(), nullable=True),
        sa.Column("window_name", sa.Text(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True, comment="n-th call of the number"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("waiting", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point"],
            ["service_point.code"],
            name=op.f("fk_journal_entry_service_point_service_point"),
        ),
        sa.PrimaryKeyConstraint("service_point", "version", name=op.f("pk_journal_entry")),
    )
    op.create_index(op.f("ix_journal_entry_ticket_id"), "journal_entry", ["ticket_id"], unique=False)
    op.create_index("ix_journal_entry_time", "journal_entry", ["service_point", "at"], unique=False)
    op.create_index(
        "uq_journal_entry_one_call",
        "journal_entry",
        ["ticket_id", "turn"],
        unique=True,
        postgresql_where=sa.text("step = 'called'"),
    )
    op.create_table(
        "journal_head",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="the last day that was closed"),
        sa.ForeignKeyConstraint(
            ["service_point"],
            ["service_point.code"],
            name=op.f("fk_journal_head_service_point_service_point"),
        ),
        sa.PrimaryKeyConstraint("service_point", name=op.f("pk_journal_head")),
    )
    op.add_column(
        "queue_ticket",
        sa.Column(
            "day",
            sa.Date(),
            server_default=sa.text("((now() AT TIME ZONE 'Asia/Shanghai')::date)"),
            nullable=False,
        ),
    )
    op.add_column(
        "queue_ticket",
        sa.Column("item_codes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "queue_ticket",
        sa.Column("wanted_window", sa.Text(), nullable=True, comment="a transfer wants this window"),
    )
    op.add_column("queue_ticket", sa.Column("calls", sa.Integer(), server_default="0", nullable=False))
    op.add_column("queue_ticket", sa.Column("skips", sa.Integer(), server_default="0", nullable=False))
    op.add_column("queue_ticket", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "queue_ticket",
        sa.Column("closing", sa.Text(), nullable=True, comment="why it ended without being finished"),
    )
    op.add_column(
        "queue_ticket",
        sa.Column(
            "near_told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the person was told that their turn is near",
        ),
    )
    op.execute("UPDATE queue_ticket SET day = (drawn_at AT TIME ZONE 'Asia/Shanghai')::date")
    op.execute("UPDATE queue_ticket SET item_codes = ARRAY[item_code]")
    op.drop_index(
        "ix_queue_ticket_waiting", table_name="queue_ticket", postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index("ix_queue_ticket_day", "queue_ticket", ["day", "service_point"], unique=False)
    op.create_index(
        "ix_queue_ticket_person",
        "queue_ticket",
        ["person_id", sa.literal_column("drawn_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_queue_ticket_queued",
        "queue_ticket",
        ["service_point", "rank_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'transferred')"),
    )
    op.create_index("uq_queue_ticket_number", "queue_ticket", ["service_point", "day", "number"], unique=True)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("uq_queue_ticket_number", table_name="queue_ticket")
    op.drop_index(
        "ix_queue_ticket_queued",
        table_name="queue_ticket",
        postgresql_where=sa.text("status IN ('waiting', 'transferred')"),
    )
    op.drop_index("ix_queue_ticket_person", table_name="queue_ticket")
    op.drop_index("ix_queue_ticket_day", table_name="queue_ticket")
    op.create_index(
        "ix_queue_ticket_waiting",
        "queue_ticket",
        ["service_point", "rank_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_column("queue_ticket", "near_told_at")
    op.drop_column("queue_ticket", "closing")
    op.drop_column("queue_ticket", "started_at")
    op.drop_column("queue_ticket", "skips")
    op.drop_column("queue_ticket", "calls")
    op.drop_column("queue_ticket", "wanted_window")
    op.drop_column("queue_ticket", "item_codes")
    op.drop_column("queue_ticket", "day")
    op.drop_table("journal_head")
    op.drop_index(
        "uq_journal_entry_one_call", table_name="journal_entry", postgresql_where=sa.text("step = 'called'")
    )
    op.drop_index("ix_journal_entry_time", table_name="journal_entry")
    op.drop_index(op.f("ix_journal_entry_ticket_id"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_table("hall_window")
    op.drop_table("hall_policy")
    op.drop_table("group_letter")
    op.drop_table("day_report")
    op.drop_table("group_name")
    op.execute("DROP TABLE IF EXISTS audit_record, audit_head")


def _create_audit_trail() -> None:
    # Another line of migrations that is joined with this one may have made it before.
    if sa.inspect(op.get_bind()).has_table("audit_head"):
        return
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_record",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 over this record and the digest before"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_subject"), "audit_record", ["subject"], unique=False)
