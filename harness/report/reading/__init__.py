"""A run folder, read strictly and once: whatever is wrong with it becomes a blocker, not a crash."""
