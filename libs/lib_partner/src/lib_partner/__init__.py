"""Client with which a partner signs its requests (RFC 9421)."""
