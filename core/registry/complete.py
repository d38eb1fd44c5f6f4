"""Whether what an extension adds is whole: extensions are read without required keys.

Called by core.registry.merge for parts and values that are taken over as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from core.diagnostics import Diagnostics, did_you_mean
from core.source import Map, Piece


def is_whole(
    value: object, diagnostics: Diagnostics, others: Iterable[str] = ()
) -> bool:
    """Return whether no required key is missing in it; report E204 for those that are.

    `others` are the names beside a part: perhaps one of them was to be changed.
    """
    if isinstance(value, Piece):
        return _is_whole_part(value, diagnostics, others)
    items: Iterable[object] = ()
    if isinstance(value, Map):
        items = value.values()
    elif isinstance(value, tuple):
        items = value
    # Each is looked at, so that all of their mistakes are reported.
    return not [item for item in items if not is_whole(item, diagnostics)]


def _is_whole_part(
    part: Piece, diagnostics: Diagnostics, others: Iterable[str]
) -> bool:
    whole = True
    for field in dataclasses.fields(part):
        key = field.name.rstrip("_")
        value = getattr(part, field.name)
        required = (
            field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        )
        if required and value is None:
            whole = False
            if not part.gave(key):
                diagnostics.error(
                    "E204",
                    f"'{part.id}' is new here, but the key '{key}' is missing",
                    part.span,
                    None,
                    did_you_mean(part.id, others),
                )
        elif not is_whole(value, diagnostics):
            whole = False
    return whole
