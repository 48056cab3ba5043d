"""Sessions of customers at terminals and banks."""
