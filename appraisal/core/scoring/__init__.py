"""Scoring: from an actual, a rating or a formula's inputs to points of 100, and from points to a weighted total."""
