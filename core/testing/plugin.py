"""The pytest plugin of Intarsia.

pytest loads it through `tests/conftest.py` or `-p core.testing.plugin`; it hands on
fixtures to tests of the core and of modules.
"""
