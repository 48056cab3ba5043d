"""Who may use a seal, and for what (用章授权)."""
