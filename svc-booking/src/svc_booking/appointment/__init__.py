"""Appointments (预约): a person holds a place in a slot."""
