"""Which days and hours a point is open (工作日历): the city's calendar and local exceptions to it."""
