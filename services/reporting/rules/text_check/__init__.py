"""A person's own text against the data: which numbers it holds, what they claim, and whether they are right."""
