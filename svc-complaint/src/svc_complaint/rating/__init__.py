"""Ratings (好差评) of finished services."""
