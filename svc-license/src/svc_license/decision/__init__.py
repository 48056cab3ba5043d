"""Decisions of the issuing department: issue, renew, change, suspend, resume, revoke, by two persons."""
