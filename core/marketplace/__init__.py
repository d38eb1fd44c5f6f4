"""Module packages: build, verify, index, install."""
