"""Rules of a hall's day (大厅规则) as data: check-in window, late ones, skips, closing."""
