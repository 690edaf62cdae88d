"""Benchmarks: ratios measured in one run on the same cases. Not tests: nothing here passes or fails."""
