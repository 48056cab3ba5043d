"""Uses of seals: documents sealed and verified, each use an audit record."""
