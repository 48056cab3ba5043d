"""Applications (办件): a running case from submission to delivery."""
