"""Staff plan ahead (排班与规则): calendars, opening hours, exceptions, capacity, booking rules."""
