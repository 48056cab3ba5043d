"""Batches: up to 1,000 documents sealed one after another by the worker (批量盖章)."""
