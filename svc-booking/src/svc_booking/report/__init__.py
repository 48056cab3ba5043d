"""Figures of the halls (大厅统计): a day's report, its workbook, the year's indicators."""
