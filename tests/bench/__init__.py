"""Benchmarks; `make bench` prints what they measure."""
