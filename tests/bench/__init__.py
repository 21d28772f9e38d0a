"""Benchmarks: the product, what a team would write instead, and the physical limit, side by side on one machine."""
