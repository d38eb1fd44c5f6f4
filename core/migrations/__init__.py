"""Differences between registry and database: plan and apply."""
