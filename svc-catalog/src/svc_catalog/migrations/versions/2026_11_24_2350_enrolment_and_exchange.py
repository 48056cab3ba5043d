"""enrolment of pupils and exchange with partner cities (新生入学, 跨省通办)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "catalog_0203"
down_revision = "catalog_0202"

JSON = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    _enrolment()
    _exchange()


def _enrolment() -> None:
    op.create_table(
        "enrolment_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("bundle_code", sa.Text(), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_run")),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_hash", sa.Text(), nullable=False, comment="blind index of the pupil's number"),
        sa.Column("guardian_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="encrypted JSON"),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), comment="encrypted JSON"),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("school", sa.Text()),
        sa.Column("school_name", sa.Text()),
        sa.Column("application_id", sa.Uuid()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["run_id"], ["enrolment_run.id"], name=op.f("fk_enrolment_run_id_enrolment_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index("uq_enrolment_run_id_pupil_hash", "enrolment", ["run_id", "pupil_hash"], unique=True)
    op.create_index("ix_enrolment_status", "enrolment", ["run_id", "status", "id"])
    op.create_index(
        "ix_enrolment_pending",
        "enrolment",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )


def _exchange() -> None:
    op.create_table(
        "exchange_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment="encrypted JSON"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_exchange_message_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_message")),
    )
    op.create_index("ix_exchange_message_application", "exchange_message", ["application_id"])
    op.create_index(
        "ix_exchange_message_queued",
        "exchange_message",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "shared_case",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("partner_case", sa.Text(), nullable=False),
        sa.Column("partner_status", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_shared_case_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_shared_case")),
    )
    op.create_index(
        "uq_shared_case_partner_partner_case", "shared_case", ["partner", "partner_case"], unique=True
    )


def downgrade() -> None:
    """Take the change back."""
    for table in ("shared_case", "exchange_message", "enrolment", "enrolment_run"):
        op.drop_table(table)
