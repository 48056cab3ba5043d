"""The daily digest (每日汇总) of cases and ratings."""
