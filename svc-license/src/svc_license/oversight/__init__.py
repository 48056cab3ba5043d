"""Oversight: audit trail and indicators."""
