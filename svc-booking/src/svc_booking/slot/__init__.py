"""Places in half-hour periods (号源) and the calendar they come from."""
