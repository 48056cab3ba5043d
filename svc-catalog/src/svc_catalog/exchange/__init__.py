"""Cross-province exchange (跨省通办): applications to and from partner cities, their status mirrored."""
