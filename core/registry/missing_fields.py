"""Fields that a record needs and that nothing from outside would fill.

Asked by the checks of web forms and mailboxes.
"""

from __future__ import annotations

from collections.abc import Collection

from core.definitions import EntityDef
from core.diagnostics import Span
from core.registry.checker import Checker


def check_filled(
    checker: Checker, entity: EntityDef, known: Collection[str], span: Span, key: str
) -> None:
    """Report required fields that neither the entity nor the definition fills.

    known: the fields that the definition fills; key: where one would be added.
    """
    for name, field in entity.fields.items():
        needed = field.required is True and field.default is None
        computed = field.formula is not None or field.cases or field.derive is not None
        if needed and not computed and name not in known:
            text = f"'{name}' has to be filled, and nothing fills it here"
            help_ = f"add it to '{key}'"
            checker.diagnostics.error("E204", text, span, help=help_)
