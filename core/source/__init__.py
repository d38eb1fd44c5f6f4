"""YAML text to nodes that know their file, line and column."""
