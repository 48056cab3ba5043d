"""Signed calls to partners (事件推送): queue, retries, log, dead letters."""
