"""The expression language: parsing, checking, Python and SQL."""
