"""Engines, sessions, platform tables and dialect differences."""
