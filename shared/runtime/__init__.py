"""How a service lives: settings, databases, clock, who may do what, what is observed, and the one way to run."""
