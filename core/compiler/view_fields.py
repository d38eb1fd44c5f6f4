"""What lists, boards, calendars and forms share: columns, paths and filters of a view.

Made by `ViewCompiler`; hands on frozen parts of view models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from core.compiler.entity import CompiledEntity
from core.compiler.parts import CompiledField
from core.compiler.view_models import Column, ViewFilter
from core.definitions import ItemDef, ViewDef
from core.registry import Registry, full_roles, item_of, words
from core.source import PathText


class ViewFields:
    """Finds the fields that views name."""

    def __init__(
        self, registry: Registry, entity: Callable[[str], CompiledEntity]
    ) -> None:
        self._registry = registry
        self._entity = entity

    def filters(self, entity: CompiledEntity, view: ViewDef) -> Iterator[ViewFilter]:
        """The filters of the entity, then those of the view."""
        for name, given in entity.filters.items():
            yield ViewFilter(
                name, given.label, given.where, given.default, given.roles, True
            )
        for name, written in view.filters.items():
            where = self._registry.typed(f"view {view.id}/filters/{name}/where")
            if where is not None:
                label = written.label or words(name)
                yield ViewFilter(
                    name,
                    label,
                    where,
                    written.default,
                    full_roles(view.id, written.roles),
                    False,
                )

    def column(self, entity: CompiledEntity, item: ItemDef) -> Column | None:
        """A column of a list; None where the path leads nowhere."""
        found = self.along(entity, item.field)
        if found is None:
            return None
        label, field = found
        return Column(
            path=".".join(item.field.steps),
            label=item.label or label,
            field=field,
            width=item.width,
            total=item.total is not None,
            edit=item.edit,
            pin=item.pin,
        )

    def along(
        self, entity: CompiledEntity, path: PathText
    ) -> tuple[str, CompiledField | None] | None:
        """Label and field at the end of a path; no field for pseudo ones."""
        *steps, last = path.steps
        here = entity
        at = 0
        while at < len(steps):
            flat = f"{steps[at]}_{(*steps, last)[at + 1]}"
            if flat in here.fields and here.fields[flat].group == steps[at]:
                at += 1
                if at == len(steps):
                    return here.fields[flat].label, here.fields[flat]
                target = here.fields[flat]
            else:
                target = here.fields[steps[at]]
            here = self._entity(target.targets[0])
            at += 1
        field = here.fields.get(last)
        if field is not None:
            return field.label, field
        return (words(last), None) if last in here.table.c else None

    def columns(
        self, entity: CompiledEntity, items: tuple[PathText | ItemDef, ...]
    ) -> tuple[Column, ...]:
        """The columns that lead somewhere."""
        made = (self.column(entity, item_of(item)) for item in items)
        return tuple(column for column in made if column is not None)

    def listed(self, entity: CompiledEntity, view: ViewDef) -> tuple[Column, ...]:
        """The columns of a list with what it says about all of them at once."""
        return tuple(
            replace(
                column,
                total=column.total or column.path in view.totals,
                edit=column.edit or view.editable,
            )
            for column in self.columns(entity, view.columns)
        )

    def named(
        self, entity: CompiledEntity, names: tuple[str, ...]
    ) -> tuple[Column, ...]:
        """Fields of the entity itself as columns."""
        return self.columns(entity, tuple(PathText(name) for name in names))

    def one(self, entity: CompiledEntity, path: PathText | None) -> Column | None:
        """A single path as a column, None for none."""
        return None if path is None else self.column(entity, item_of(path))


def view_order(view: ViewDef) -> Iterator[str]:
    """The order that a view asks for."""
    for key in view.order:
        yield ("-" if key.descending else "") + ".".join(key.path.steps)


def view_dates(entity: CompiledEntity, view: ViewDef) -> tuple[str, str] | None:
    """The fields between which a row counts, in a view of one day."""
    dates = entity.definition.effective
    return (dates.from_, dates.to) if view.as_of and dates is not None else None
