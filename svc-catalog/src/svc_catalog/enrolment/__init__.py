"""Enrolment of primary-school pupils (小学生新生入学): four departments' data instead of papers."""
