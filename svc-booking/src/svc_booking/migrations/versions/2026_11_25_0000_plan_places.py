"""Calendars, rules, holds, waiting lines, quotas; attributes of appointments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "booking_0101"
down_revision = "booking_0001"

# Places of a slot that are kept for other classes than this one; none once the quotas are released.
SLOT_HELD_BACK = """
CREATE FUNCTION slot_held_back(
    reserved jsonb, used jsonb, quota_until timestamptz, now timestamptz, class text
)
RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN reserved IS NULL OR quota_until <= now THEN 0 ELSE (
        SELECT coalesce(sum(greatest(0, kept.value::int - coalesce((used ->> kept.key)::int, 0))), 0)::int
        FROM jsonb_each_text(reserved) AS kept WHERE kept.key <> class) END
$$
"""
# The counts of places taken by class after so many more of this class; nothing is counted without quotas.
SLOT_USED = """
CREATE FUNCTION slot_used(reserved jsonb, used jsonb, class text, places int)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN reserved IS NULL THEN used ELSE used || jsonb_build_object(
        CASE WHEN reserved ? class THEN class ELSE '' END,
        coalesce((used ->> CASE WHEN reserved ? class THEN class ELSE '' END)::int, 0) + places) END
$$
"""
AT = sa.DateTime(timezone=True)
NOW_FALSE = sa.text("false")


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    _audit()
    _calendars()
    _slots()
    _appointments()
    _holds()
    _waiting()


def _audit() -> None:
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
        sa.Column("at", AT, nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 over this record and the digest before"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_subject"), "audit_record", ["subject"], unique=False)


def _calendars() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_year",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="official or by_rule"),
        sa.PrimaryKeyConstraint("city", "year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "point_exception",
        sa.Column("service_point", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "periods",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[[opens, closes], …] in city time",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point"],
            ["service_point.code"],
            name=op.f("fk_point_exception_service_point_service_point"),
        ),
        sa.PrimaryKeyConstraint("service_point", "day", name=op.f("pk_point_exception")),
    )
    op.create_index("ix_point_exception_day", "point_exception", ["day"], unique=False)
    op.create_table(
        "booking_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("point_kind", sa.Text(), nullable=True),
        sa.Column("service_point", sa.Text(), nullable=True),
        sa.Column("group_code", sa.Text(), nullable=True),
        sa.Column(
            "values",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="only what this layer says; times as HH:MM, spans in s",
        ),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_rule")),
    )
    op.create_index(
        "uq_booking_rule_scope",
        "booking_rule",
        ["city", "point_kind", "service_point", "group_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _slots() -> None:
    op.execute(SLOT_HELD_BACK)
    op.execute(SLOT_USED)
    op.add_column("service_point", sa.Column("longitude", sa.Double(), nullable=True))
    op.add_column("service_point", sa.Column("latitude", sa.Double(), nullable=True))
    op.add_column(
        "service_point",
        sa.Column(
            "hours_changed_by",
            sa.Text(),
            nullable=True,
            comment="staff who set the hours; then the city's file does not",
        ),
    )
    op.alter_column(
        "service_point",
        "slots_until",
        comment="slots exist up to here; null: hours or rules changed",
        existing_comment="slots exist up to here",
        existing_type=AT,
    )
    op.add_column(
        "point_group",
        sa.Column(
            "capacity_changed_by",
            sa.Text(),
            nullable=True,
            comment="staff who set it; then the city's file does not",
        ),
    )
    op.add_column(
        "slot",
        sa.Column(
            "closed_at", AT, nullable=True, comment="not bookable since; with places taken it needs attention"
        ),
    )
    op.add_column("slot", sa.Column("is_extended", sa.Boolean(), server_default=NOW_FALSE, nullable=False))
    op.add_column(
        "slot",
        sa.Column(
            "reserved",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="class -> places kept for it until quota_until; null: none",
        ),
    )
    op.add_column(
        "slot",
        sa.Column(
            "used",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="class -> places taken, if reserved",
        ),
    )
    op.add_column(
        "slot", sa.Column("quota_until", AT, nullable=True, comment="from then on places are for all")
    )
    # Slots made before know neither calendar nor quotas: the worker's duty looks at all of them.
    op.execute("UPDATE service_point SET slots_until = NULL")


def _appointments() -> None:
    for name, kind, default, comment in (
        ("item_codes", postgresql.ARRAY(sa.Text()), "{}", None),
        ("party_size", sa.Integer(), "1", None),
        ("place_class", sa.Text(), "", "whose quota it counts against"),
        ("is_green", sa.Boolean(), NOW_FALSE, None),
        ("is_home_visit", sa.Boolean(), NOW_FALSE, None),
        ("is_extended", sa.Boolean(), NOW_FALSE, None),
        ("reschedules", sa.Integer(), "0", None),
        ("is_late_cancel", sa.Boolean(), NOW_FALSE, None),
    ):
        op.add_column(
            "appointment",
            sa.Column(name, kind, server_default=default, nullable=False, comment=comment),
        )
    op.add_column(
        "appointment",
        sa.Column("booked_by", sa.Text(), nullable=True, comment="clerk who booked for the person"),
    )
    op.add_column("appointment", sa.Column("cancelled_at", AT, nullable=True))


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("is_green", sa.Boolean(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("place_class", sa.Text(), nullable=False, comment="whose quota it counts against"),
        sa.Column("held_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_hold_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    held = sa.text("status = 'held'")
    op.create_index("ix_hold_held", "hold", ["slot_id", "expires_at"], unique=False, postgresql_where=held)
    op.create_index("ix_hold_due", "hold", ["expires_at"], unique=False, postgresql_where=held)
    op.create_index("ix_hold_person", "hold", ["person_id", "held_at"], unique=False)
    op.create_index(
        "ix_hold_device",
        "hold",
        ["device", "held_at"],
        unique=False,
        postgresql_where=sa.text("device IS NOT NULL"),
    )


def _waiting() -> None:
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_green", sa.Boolean(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("place_class", sa.Text(), nullable=False),
        sa.Column("joined_at", AT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("offered_until", AT, nullable=True),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_waitlist_entry_hold_id_hold")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_waitlist_entry_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_waitlist_entry_hold_id")),
    )
    op.create_index("ix_waitlist_entry_person", "waitlist_entry", ["person_id", "joined_at"], unique=False)
    op.create_index(
        "ix_waitlist_entry_waiting",
        "waitlist_entry",
        ["slot_id", "joined_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "uq_waitlist_entry_open",
        "waitlist_entry",
        ["slot_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )


def downgrade() -> None:
    """Take the change back; the audit trail stays."""
    op.drop_table("waitlist_entry")
    op.drop_table("hold")
    for name in (
        "cancelled_at",
        "booked_by",
        "is_late_cancel",
        "reschedules",
        "is_extended",
        "is_home_visit",
        "is_green",
        "place_class",
        "party_size",
        "item_codes",
    ):
        op.drop_column("appointment", name)
    for name in ("quota_until", "used", "reserved", "is_extended", "closed_at"):
        op.drop_column("slot", name)
    op.drop_column("point_group", "capacity_changed_by")
    for name in ("hours_changed_by", "latitude", "longitude"):
        op.drop_column("service_point", name)
    op.execute("DROP FUNCTION slot_used(jsonb, jsonb, text, int)")
    op.execute("DROP FUNCTION slot_held_back(jsonb, jsonb, timestamptz, timestamptz, text)")
    for name in ("booking_rule", "point_exception", "calendar_year", "calendar_day"):
        op.drop_table(name)
