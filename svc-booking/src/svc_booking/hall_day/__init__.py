"""The end of a hall's day (日终): missed appointments, open numbers, windows, the fixed report."""
