"""The words of notices, in Chinese: a headline with the figure in it, what is the matter, where, what to do next."""
