"""Bulletins: what they say, decided by rules from figures."""
