"""widen seal: grants, batches, revocations, use counts; the audit records move to the common trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "seal_0101"
down_revision = "seal_0001"


def upgrade() -> None:
    """Change the tables; `lock_timeout` is set by the environment."""
    _create_audit()
    # The records keep their numbers and digests: both forms hash the same content the same way.
    op.execute(
        "INSERT INTO audit_record (number, actor, action, subject, at, facts, digest)"
        " SELECT number, actor, action, subject, at, facts, digest FROM audit"
    )
    op.execute(
        "INSERT INTO audit_head (id, number, digest)"
        " SELECT 1, number, digest FROM audit ORDER BY number DESC LIMIT 1"
    )
    op.drop_table("audit")
    _widen_seal()
    _create_grant()
    _create_revocation()
    op.add_column("seal_use", sa.Column("kind", sa.Text(), nullable=False, server_default="ofd"))
    op.alter_column("seal_use", "document", nullable=True)
    # Sealed files are ZIP or PDF: trying to pack them again only costs time.
    op.execute("ALTER TABLE seal_use ALTER COLUMN document SET STORAGE EXTERNAL")
    op.create_index(
        "ix_seal_use_kept",
        "seal_use",
        ["sealed_at"],
        unique=False,
        postgresql_where=sa.text("document IS NOT NULL"),
    )
    _create_batch()


def _create_audit() -> None:
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
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _widen_seal() -> None:
    for column in (
        sa.Column(
            "line", sa.Text(), nullable=False, server_default="", comment="special purpose under the star"
        ),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default="", comment="of the last change"),
        sa.Column("use_count", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "pdf_certificate", sa.LargeBinary(), nullable=False, server_default="", comment="P-256, DER"
        ),
        sa.Column("pdf_key", sa.LargeBinary(), nullable=False, server_default="", comment="wrapped, PKCS #8"),
    ):
        op.add_column("seal", column)
    op.execute(
        "UPDATE seal SET use_count = used.count, last_used_at = used.last FROM"
        " (SELECT seal_code, count(*) AS count, max(sealed_at) AS last"
        " FROM seal_use GROUP BY seal_code) AS used"
        " WHERE used.seal_code = seal.code"
    )


def _create_grant() -> None:
    op.create_table(
        "seal_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_code", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, comment="staff id or service"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="* for any"),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["seal_code"], ["seal.code"], name=op.f("fk_seal_grant_seal_code_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_grant")),
    )
    op.create_index(op.f("ix_seal_grant_seal_code"), "seal_grant", ["seal_code"], unique=False)
    # Until now the licence service could use every seal.
    op.execute(
        'INSERT INTO seal_grant (id, seal_code, "user", purpose, granted_by, granted_at)'
        " SELECT gen_random_uuid(), code, 'svc-license', '*', applied_by, applied_at FROM seal"
    )


def _create_revocation() -> None:
    op.create_table(
        "revoked_certificate",
        sa.Column("serial", sa.Text(), nullable=False, comment="decimal"),
        sa.Column("seal_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_revoked_certificate")),
    )
    op.create_index(
        op.f("ix_revoked_certificate_seal_code"), "revoked_certificate", ["seal_code"], unique=False
    )
    op.create_table(
        "revocation_list",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_revocation_list")),
    )


def _create_batch() -> None:
    op.create_table(
        "seal_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_code", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["seal_code"], ["seal.code"], name=op.f("fk_seal_batch_seal_code_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_batch")),
    )
    op.create_index(op.f("ix_seal_batch_requested_by"), "seal_batch", ["requested_by"], unique=False)
    op.create_index(
        "ix_seal_batch_running",
        "seal_batch",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "batch_document",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=True, comment="until it is sealed or refused"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True, comment="SM3 of the sealed file, hex"),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["seal_batch.id"],
            name=op.f("fk_batch_document_batch_id_seal_batch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_document")),
    )
    op.create_index(
        "ix_batch_document_pending",
        "batch_document",
        ["batch_id", "number"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.execute("ALTER TABLE batch_document ALTER COLUMN source SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Take the change back; the audit records move back, what is new is lost."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SM3 over this record and the digest before"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.execute("INSERT INTO audit SELECT number, actor, action, subject, at, facts, digest FROM audit_record")
    for table in (
        "batch_document",
        "seal_batch",
        "revocation_list",
        "revoked_certificate",
        "seal_grant",
        "audit_head",
        "audit_record",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM seal_use WHERE document IS NULL OR kind <> 'ofd'")
    op.drop_index("ix_seal_use_kept", table_name="seal_use")
    op.drop_column("seal_use", "kind")
    op.alter_column("seal_use", "document", nullable=False)
    for column in (
        "line",
        "replaces",
        "replaced_by",
        "reason",
        "use_count",
        "last_used_at",
        "pdf_certificate",
        "pdf_key",
    ):
        op.drop_column("seal", column)
