"""Electronic seals (电子印章) by GB/T 38540: made, used, verified, audited."""
