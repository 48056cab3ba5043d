"""Kinds of cases (诉求类别): what differs between them is data."""
