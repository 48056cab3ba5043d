"""Booking rules as data (预约规则): who may book what, when, and how often."""
