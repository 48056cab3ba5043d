"""Names of departments and divisions, and who is told when a case of a department is late."""
