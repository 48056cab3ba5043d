"""Attachments of cases (附件): checked by content, kept in the file store."""
