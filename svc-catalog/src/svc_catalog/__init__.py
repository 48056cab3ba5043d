"""Items (事项), service points and applications (办件) of the city."""
