"""Grouped figures, totals and prints."""
