"""Versions, check codes, decisions, reads, delegations, presentations, imports, exchange, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "license_0101"
down_revision = "license_0001"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
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
    op.create_table(
        "check_attempt",
        sa.Column("key", sa.Text(), nullable=False, comment="digest of what is counted"),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_check_attempt")),
    )
    op.create_index(op.f("ix_check_attempt_window_start"), "check_attempt", ["window_start"], unique=False)
    op.create_table(
        "exchange_report",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("missing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unknown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("different", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_exchange_report")),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 of the whole file, hex"),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("next_row", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index("ix_import_job_department", "import_job", ["department", "created_at"], unique=False)
    op.create_table(
        "legal_ground",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False, comment="department or partner code"),
        sa.Column("license_type", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_legal_ground")),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("private", sa.Text(), nullable=False, comment="encrypted JWK"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("seq", name=op.f("uq_signing_key_seq")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=True, comment="encrypted as on the licence"),
        sa.Column("holder_number", sa.Text(), nullable=True, comment="encrypted as on the licence"),
        sa.Column("holder_index", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True, comment="encrypted as on the licence"),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("result_id", sa.Uuid(), nullable=True, comment="the licence that came of it"),
        sa.ForeignKeyConstraint(["license_id"], ["license.id"], name=op.f("fk_decision_license_id_license")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        "ix_decision_department", "decision", ["department", "status", "proposed_at"], unique=False
    )
    op.create_index(
        "uq_decision_open",
        "decision",
        ["license_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("delegate_id", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_delegation_license_id_license")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_delegate", "delegation", ["delegate_id", "offered_at"], unique=False)
    op.create_index("ix_delegation_person", "delegation", ["person_id", "offered_at"], unique=False)
    op.create_table(
        "exchange_entry",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_number", sa.Text(), nullable=True),
        sa.Column("sent_status", sa.Text(), nullable=True),
        sa.Column("parked", sa.Text(), nullable=True, comment="why the province refuses it for good"),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_exchange_entry_license_id_license")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_exchange_entry")),
    )
    op.create_index(
        "ix_exchange_entry_license",
        "exchange_entry",
        ["license_id", "seq"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND parked IS NULL"),
    )
    op.create_index(
        "ix_exchange_entry_open",
        "exchange_entry",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND parked IS NULL"),
    )
    op.create_index("ix_exchange_entry_sent_at", "exchange_entry", ["sent_at"], unique=False)
    op.create_table(
        "import_error",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["import_job.id"], name=op.f("fk_import_error_job_id_import_job")
        ),
        sa.PrimaryKeyConstraint("job_id", "row", name=op.f("pk_import_error")),
    )
    op.create_table(
        "presentation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("shown_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_presentation_license_id_license")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presentation")),
    )
    op.create_index("ix_presentation_expires_at", "presentation", ["expires_at"], unique=False)
    op.add_column("consent", sa.Column("grantee_kind", sa.Text(), server_default="partner", nullable=False))
    op.alter_column(
        "consent",
        "partner",
        existing_type=sa.TEXT(),
        comment="code of whom it is given to",
        existing_nullable=False,
    )
    op.add_column(
        "license", sa.Column("series", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.add_column(
        "license",
        sa.Column("holder_index", sa.Text(), nullable=True, comment="blind index of the holder's number"),
    )
    op.add_column(
        "license",
        sa.Column("document_digest", sa.Text(), nullable=True, comment="SM3 of the sealed file, hex"),
    )
    op.add_column("license", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("license", sa.Column("first_issued_on", sa.Date(), nullable=True))
    op.add_column("license", sa.Column("supersedes", sa.Uuid(), nullable=True))
    op.add_column("license", sa.Column("source", sa.Text(), server_default="application", nullable=False))
    op.add_column(
        "license",
        sa.Column(
            "external_number",
            sa.Text(),
            nullable=True,
            comment="number of the paper licence that was taken over",
        ),
    )
    op.add_column("license", sa.Column("check_code", sa.Text(), nullable=True))
    op.add_column(
        "license",
        sa.Column(
            "list_index", sa.BigInteger(), sa.Identity(always=False, start=0, minvalue=0), nullable=False
        ),
    )
    op.add_column("license", sa.Column("status_reason", sa.Text(), nullable=True))
    op.add_column("license", sa.Column("status_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "license", sa.Column("problem", sa.Text(), nullable=True, comment="why it cannot be made now")
    )
    op.execute(
        "UPDATE license SET valid_from = (issued_at AT TIME ZONE 'Asia/Shanghai')::date,"
        " first_issued_on = (issued_at AT TIME ZONE 'Asia/Shanghai')::date WHERE issued_at IS NOT NULL"
    )
    op.execute(
        "UPDATE license SET check_code ="
        " upper(substr(translate(md5(gen_random_uuid()::text), '01', 'ab'), 1, 8)) WHERE number IS NOT NULL"
    )
    op.create_index("ix_license_department", "license", ["department", "created_at"], unique=False)
    op.create_index(
        "ix_license_ending",
        "license",
        ["valid_until"],
        unique=False,
        postgresql_where=sa.text("status IN ('valid', 'suspended')"),
    )
    op.create_index("ix_license_holder_index", "license", ["holder_index"], unique=False)
    op.create_index(
        "ix_license_undrawn",
        "license",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('valid', 'suspended') AND document IS NULL"),
    )
    op.create_index(
        "uq_license_external_number",
        "license",
        ["type_code", "external_number"],
        unique=True,
        postgresql_where=sa.text("external_number IS NOT NULL"),
    )
    op.create_unique_constraint(op.f("uq_license_list_index"), "license", ["list_index"])
    op.create_index(
        "uq_license_series_in_force",
        "license",
        ["series"],
        unique=True,
        postgresql_where=sa.text("status IN ('valid', 'suspended')"),
    )
    op.create_index(
        "uq_license_supersedes",
        "license",
        ["supersedes"],
        unique=True,
        postgresql_where=sa.text("status != 'cancelled'"),
    )
    op.create_foreign_key(op.f("fk_license_supersedes_license"), "license", "license", ["supersedes"], ["id"])
    op.add_column(
        "license_read", sa.Column("reader_kind", sa.Text(), server_default="partner", nullable=False)
    )
    op.add_column("license_read", sa.Column("basis", sa.Text(), server_default="consent", nullable=False))
    op.add_column("license_read", sa.Column("ground", sa.Text(), nullable=True))
    op.alter_column(
        "license_read",
        "consent_id",
        existing_type=sa.UUID(),
        comment="consent, presentation or delegation",
        existing_nullable=True,
    )
    op.create_index("ix_license_read_read_at", "license_read", ["read_at"], unique=False)
    op.add_column(
        "license_type",
        sa.Column(
            "definition",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="validity, schema, template and holder's kind; NULL: the defaults",
        ),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("license_type", "definition")
    op.drop_index("ix_license_read_read_at", table_name="license_read")
    op.alter_column(
        "license_read",
        "consent_id",
        existing_type=sa.UUID(),
        comment=None,
        existing_comment="consent, presentation or delegation",
        existing_nullable=True,
    )
    op.drop_column("license_read", "ground")
    op.drop_column("license_read", "basis")
    op.drop_column("license_read", "reader_kind")
    op.drop_constraint(op.f("fk_license_supersedes_license"), "license", type_="foreignkey")
    op.drop_index(
        "uq_license_supersedes", table_name="license", postgresql_where=sa.text("status != 'cancelled'")
    )
    op.drop_index(
        "uq_license_series_in_force",
        table_name="license",
        postgresql_where=sa.text("status IN ('valid', 'suspended')"),
    )
    op.drop_constraint(op.f("uq_license_list_index"), "license", type_="unique")
    op.drop_index(
        "uq_license_external_number",
        table_name="license",
        postgresql_where=sa.text("external_number IS NOT NULL"),
    )
    op.drop_index(
        "ix_license_undrawn",
        table_name="license",
        postgresql_where=sa.text("status IN ('valid', 'suspended') AND document IS NULL"),
    )
    op.drop_index("ix_license_holder_index", table_name="license")
    op.drop_index(
        "ix_license_ending",
        table_name="license",
        postgresql_where=sa.text("status IN ('valid', 'suspended')"),
    )
    op.drop_index("ix_license_department", table_name="license")
    op.drop_column("license", "problem")
    op.drop_column("license", "status_at")
    op.drop_column("license", "status_reason")
    op.drop_column("license", "list_index")
    op.drop_column("license", "check_code")
    op.drop_column("license", "external_number")
    op.drop_column("license", "source")
    op.drop_column("license", "supersedes")
    op.drop_column("license", "first_issued_on")
    op.drop_column("license", "valid_from")
    op.drop_column("license", "document_digest")
    op.drop_column("license", "holder_index")
    op.drop_column("license", "series")
    op.alter_column(
        "consent",
        "partner",
        existing_type=sa.TEXT(),
        comment=None,
        existing_comment="code of whom it is given to",
        existing_nullable=False,
    )
    op.drop_column("consent", "grantee_kind")
    op.drop_index("ix_presentation_expires_at", table_name="presentation")
    op.drop_table("presentation")
    op.drop_table("import_error")
    op.drop_index("ix_exchange_entry_sent_at", table_name="exchange_entry")
    op.drop_index(
        "ix_exchange_entry_open",
        table_name="exchange_entry",
        postgresql_where=sa.text("sent_at IS NULL AND parked IS NULL"),
    )
    op.drop_index(
        "ix_exchange_entry_license",
        table_name="exchange_entry",
        postgresql_where=sa.text("sent_at IS NULL AND parked IS NULL"),
    )
    op.drop_table("exchange_entry")
    op.drop_index("ix_delegation_person", table_name="delegation")
    op.drop_index("ix_delegation_delegate", table_name="delegation")
    op.drop_table("delegation")
    op.drop_index("uq_decision_open", table_name="decision", postgresql_where=sa.text("status = 'proposed'"))
    op.drop_index("ix_decision_department", table_name="decision")
    op.drop_table("decision")
    op.drop_table("signing_key")
    op.drop_table("legal_ground")
    op.drop_index("ix_import_job_department", table_name="import_job")
    op.drop_table("import_job")
    op.drop_table("exchange_report")
    op.drop_index(op.f("ix_check_attempt_window_start"), table_name="check_attempt")
    op.drop_table("check_attempt")
    op.drop_index(op.f("ix_audit_record_subject"), table_name="audit_record")
    op.drop_table("audit_record")
    op.drop_table("audit_head")
