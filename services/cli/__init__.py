"""The command `guanai`: the only code that imports several services."""
