"""The questions claims asks its own tables."""
