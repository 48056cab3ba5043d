"""Checking by anyone (公众核验): by number and code, and of an uploaded file."""
