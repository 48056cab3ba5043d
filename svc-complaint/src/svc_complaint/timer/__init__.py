"""Timers of cases: rows in the database, so that they outlive every restart."""
