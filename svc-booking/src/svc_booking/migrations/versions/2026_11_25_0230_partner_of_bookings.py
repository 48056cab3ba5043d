"""The bank at which somebody booked, held or waited (政银通办)."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0301"
down_revision = "booking_0201"

COLUMNS = {
    "appointment": "bank at which it was booked",
    "queue_ticket": "bank at which the appointment was booked",
    "hold": "bank at which it was asked for",
    "waitlist_entry": "bank at which the person joined",
}


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    for table, comment in COLUMNS.items():
        op.add_column(table, sa.Column("partner", sa.Text(), comment=comment))


def downgrade() -> None:
    """Undo."""
    for table in COLUMNS:
        op.drop_column(table, "partner")
