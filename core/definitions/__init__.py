"""The kinds of YAML documents as frozen dataclasses."""
