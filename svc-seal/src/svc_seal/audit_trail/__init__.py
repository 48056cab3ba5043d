"""The audit trail of seals (用章审计), for seal keepers."""
