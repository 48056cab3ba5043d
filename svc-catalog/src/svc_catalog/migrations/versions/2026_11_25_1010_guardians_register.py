"""guardians register their children themselves."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0302"
down_revision = "catalog_0301"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.add_column(
        "enrolment",
        sa.Column("registered_by", sa.Text(), nullable=True, comment="staff; null: the guardian"),
    )
    op.create_index("ix_enrolment_guardian", "enrolment", ["guardian_id", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_enrolment_guardian", table_name="enrolment")
    op.drop_column("enrolment", "registered_by")
