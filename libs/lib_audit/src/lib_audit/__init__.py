"""Audit trail (审计): append-only records in an SM3 hash chain, one chain in each service's database."""

from lib_audit._chain import GENESIS, AuditRecord, ChainReport, Note, chain_digest
from lib_audit._trail import AuditTables, AuditTrail, audit_tables, records, verify_chain

__all__ = [
    "GENESIS",
    "AuditRecord",
    "AuditTables",
    "AuditTrail",
    "ChainReport",
    "Note",
    "audit_tables",
    "chain_digest",
    "records",
    "verify_chain",
]
