"""The way out to the world: a bulletin becomes a file that people open."""
