"""Ratings (好差评): invited after each finished service, given once."""
