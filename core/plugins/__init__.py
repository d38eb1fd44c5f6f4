"""Hooks for Python code of modules, and their manager."""
