"""A place held for some minutes (号源保留) while the citizen fills in the rest."""
