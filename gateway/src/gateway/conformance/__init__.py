"""What a bank's engineer runs against the sandbox (接入自检)."""
