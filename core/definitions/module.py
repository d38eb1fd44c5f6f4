"""`module:` the manifest, read before anything else of a module.

core.registry.discover reads it alone, so that versions and dependencies are known
before any other file, and before any Python, of the module is touched.
"""

from __future__ import annotations

from dataclasses import field

from core.frozen import frozen
from core.source import Bool, Described, ListOf, Map, Part, Text


@frozen(kw_only=True)
class AsksDef(Part):
    """What a module wants to be allowed: hosts it calls, files, declassified fields."""

    network: ListOf[Text] = ()
    files: Bool = False
    declassify: ListOf[Text] = ()


@frozen(kw_only=True)
class ModuleDef(Described):
    """Title, version and dependencies; ranges such as `>=1.0` stand beside each."""

    title: Text
    version: Text
    category: Text | None = None
    summary: Text | None = None
    icon: Text | None = None
    author: Text | None = None
    license: Text | None = None
    depends: Map[Text] = field(default_factory=Map)
    optional: Map[Text] = field(default_factory=Map)
    requires_core: Text | None = None
    auto: Bool = False
    python: Bool = False
    asks: AsksDef | None = None
