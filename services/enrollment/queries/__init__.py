"""The questions enrollment asks its own tables."""
