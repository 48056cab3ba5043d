"""Drafts (草稿): an application begun on one channel and finished on another."""
