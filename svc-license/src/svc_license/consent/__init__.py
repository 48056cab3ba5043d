"""Consents (授权): who may read which licence, what for and until when; every read is logged."""
