"""Cases (有诉即应): from receipt to confirmation."""
