"""Fixtures for every test of the project.

pytest reads this file first; all fixtures come from the plugin that module authors
use as well, so the core is tested with what they get.
"""

pytest_plugins = ["core.testing.plugin"]
