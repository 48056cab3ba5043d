"""Handing over results on paper (领取, 邮寄)."""
