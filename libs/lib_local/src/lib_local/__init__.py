"""Runs the whole platform on one machine: servers, processes, demo identities."""
