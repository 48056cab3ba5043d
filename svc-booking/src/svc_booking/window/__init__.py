"""Windows (窗口): opened by a clerk, paused, resumed, closed."""
