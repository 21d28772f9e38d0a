"""The questions reporting asks its own tables."""
