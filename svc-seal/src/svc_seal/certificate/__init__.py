"""Certificates of the own authority: revoked ones and the lists that say so (吊销列表)."""
