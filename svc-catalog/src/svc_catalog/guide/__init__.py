"""Guides (办事指南): an item as a page to read or print, and its flow as a chart."""
