"""Waiting for a place in a full slot (候补): the first in line gets an offer when places come back."""
