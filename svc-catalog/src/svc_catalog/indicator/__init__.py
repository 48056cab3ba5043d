"""Indicators (指标) of items and applications, computed from the rows."""
