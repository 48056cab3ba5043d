"""Self-service terminals (自助终端): enrolment, heartbeat, remote disable, receipts."""
