"""Use of licences (用证记录): every read of somebody's licence, visible to its holder."""
