"""The questions notify asks its own tables."""
