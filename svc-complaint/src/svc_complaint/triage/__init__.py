"""Triage (分派建议): category and department suggested from the text, routing rules, similar cases."""
