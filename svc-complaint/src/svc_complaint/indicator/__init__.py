"""Annual indicators (年度指标) from cases and ratings."""
