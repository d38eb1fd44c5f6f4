"""Intarsia's core: reads definitions and serves what they describe."""
