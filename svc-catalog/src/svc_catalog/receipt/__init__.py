"""Receipts and decisions on paper (文书): 受理通知书, 一次性告知书, 决定书 …, as PDF and OFD."""
