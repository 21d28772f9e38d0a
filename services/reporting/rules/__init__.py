"""What reporting decides: how facts become entries, sums become indicators, and who falls behind."""
