"""Licences: from the approved application to the sealed file in the wallet."""
