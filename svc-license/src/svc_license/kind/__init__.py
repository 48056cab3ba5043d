"""Kinds of licences (证照类型): fields, validity and page as data."""
