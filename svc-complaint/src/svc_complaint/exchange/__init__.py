"""Exchange with other platforms (民呼必应): durable rows out, orders in, each once."""
