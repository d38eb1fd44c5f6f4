"""Test support for the core and for authors of modules."""
