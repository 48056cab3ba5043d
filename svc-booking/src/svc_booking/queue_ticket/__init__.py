"""Queue tickets (排队叫号): check-in, calling, serving."""
