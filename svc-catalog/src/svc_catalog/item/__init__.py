"""Items (事项): what can be applied for, and how to find it."""
