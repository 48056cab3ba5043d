"""Events that concern a partner: found, kept, polled, reconciled."""
