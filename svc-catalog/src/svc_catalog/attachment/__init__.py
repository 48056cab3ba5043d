"""Attachments (附件): files that applicants hand in, checked by content and kept in the file store."""
