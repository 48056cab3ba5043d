"""The number of an appointment among its person's of a day: no two at once get the last one allowed."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0302"
down_revision = "booking_0301"


def upgrade() -> None:
    """Add column and index; the index is empty at first, for nobody has a number yet."""
    op.add_column(
        "appointment",
        sa.Column(
            "day_number",
            sa.SmallInteger(),
            comment="of the person's that day; null: of before",
        ),
    )
    op.create_index(
        "uq_appointment_day_number",
        "appointment",
        ["person_id", sa.text("((starts_at AT TIME ZONE 'Asia/Shanghai')::date)"), "day_number"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled' AND day_number IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("uq_appointment_day_number", "appointment")
    op.drop_column("appointment", "day_number")
