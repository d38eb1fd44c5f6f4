"""JSON Schemas of all kinds, made from the same dataclasses that read the YAML.

Called by `cli.py docs` and by editors that complete while an author types.
"""

from __future__ import annotations

from core.definitions.kinds import KINDS
from core.source import JsonSchema, json_schema


def schemas() -> dict[str, JsonSchema]:
    """Return kind -> JSON Schema (2020-12) of a document of that kind."""
    return {
        name: json_schema(kind.body, title=name, head=name)
        for name, kind in KINDS.items()
    }
