"""Admission before booking (准入核验): an outside system says whether a person may come."""
