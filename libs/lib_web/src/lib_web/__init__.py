"""HTTP edge of a service: problems, caller, idempotency, cursors, logs."""
