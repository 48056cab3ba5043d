"""Seals: applied for, approved by a second person, made, frozen, revoked."""
