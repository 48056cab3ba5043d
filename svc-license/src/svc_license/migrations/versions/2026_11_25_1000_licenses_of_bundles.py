"""several licences of one application.

The release before keeps a draft with `ON CONFLICT DO NOTHING` on whatever is unique, so it runs beside this.
"""

import sqlalchemy as sa
from alembic import op

revision = "license_0102"
down_revision = "license_0101"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    op.create_index("uq_license_application_kind", "license", ["application_id", "type_code"], unique=True)
    op.drop_constraint(op.f("uq_license_application_id"), "license", type_="unique")


def downgrade() -> None:
    """Take the change back: of an application's licences only the first keeps saying whose result it is."""
    op.execute(
        sa.text(
            "UPDATE license SET application_id = NULL WHERE id IN (SELECT id FROM (SELECT id, row_number()"
            " OVER (PARTITION BY application_id ORDER BY created_at, id) AS place FROM license"
            " WHERE application_id IS NOT NULL) AS ranked WHERE place > 1)"
        )
    )
    op.create_unique_constraint(op.f("uq_license_application_id"), "license", ["application_id"])
    op.drop_index("uq_license_application_kind", table_name="license")
