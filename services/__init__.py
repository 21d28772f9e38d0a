"""The four services of Guan'ai and the command that runs them."""
