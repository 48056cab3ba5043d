"""Exchange with the province (GB/T 36906): outbound queue, daily reconciliation, inbound lookup."""
