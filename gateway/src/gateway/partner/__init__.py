"""Partner banks (合作银行): registration, keys, admission, usage."""
