"""Casework (办理): what clerks and officers do with applications once they are in."""
