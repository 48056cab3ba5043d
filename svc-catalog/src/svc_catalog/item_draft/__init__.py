"""Drafts (草稿): how an item is written, reviewed by another person, and published on its day."""
