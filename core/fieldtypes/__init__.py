"""Every kind of value, one class with all its facets each."""
