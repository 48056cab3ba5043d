"""Reading and writing OFD packages (GB/T 33190)."""
