"""The dossier (案卷): what officers decide on, read under audit; and the audit trail itself."""
