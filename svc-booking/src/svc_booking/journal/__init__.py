"""The hall's journal (大厅流水): every step of the queue, numbered without gaps at each point."""
