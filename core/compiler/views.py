"""Lists and forms as the pages draw them: frozen view models without any HTML.

Asked by core.web and by exports; made out of written or generated views when first
asked for, and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from core.compiler.computing import Computing
from core.compiler.entity import CompiledEntity
from core.compiler.parts import CompiledField, Computed
from core.compiler.view_models import (
    Button,
    Column,
    FormView,
    Item,
    ListView,
    RowStyle,
    Section,
    Tab,
    ViewFilter,
)
from core.definitions import ItemDef, SectionDef, ViewDef
from core.registry import Registry, item_of, words
from core.source import ExprText, Map, PathText

#: Kinds of fields that fill the width of a form.
_WIDE = frozenset({"lines"})


class ViewCompiler:
    """Makes and keeps the view models of one application."""

    def __init__(
        self, registry: Registry, entity: Callable[[str], CompiledEntity]
    ) -> None:
        self._registry = registry
        self._entity = entity
        self._computing = Computing(registry)
        self._made: dict[tuple[str, str, str | None], Any] = {}
        self._lock = threading.RLock()

    def of(self, entity: str) -> tuple[ViewDef, ...]:
        """The written views of an entity in load order."""
        views = self._registry.views.values()
        return tuple(view for view in views if view.entity == entity)

    def list_of(self, entity: str, view_id: str | None = None) -> ListView:
        """The list of an entity, or a certain view; KeyError for an unknown one."""
        view = self._chosen(entity, "list", view_id)
        key = (entity, "list", view_id)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._list(self._entity(entity), view)
        found: ListView = self._made[key]
        return found

    def form_of(self, entity: str, view_id: str | None = None) -> FormView:
        """The form of an entity, or a certain view; KeyError for an unknown one."""
        view = self._chosen(entity, "form", view_id)
        key = (entity, "form", view_id)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._form(self._entity(entity), view)
        found: FormView = self._made[key]
        return found

    def _chosen(self, entity: str, kind: str, view_id: str | None) -> ViewDef:
        if view_id is None:
            return self._registry.views_of[entity, kind]
        view = self._registry.views[view_id]
        if view.entity != entity or view.type != kind:
            raise KeyError(view_id)
        return view

    def _list(self, entity: CompiledEntity, view: ViewDef) -> ListView:
        at = f"view {view.id}"
        styles = (
            (self._computing.at(f"{at}/row_style/{index}/when"), style.style)
            for index, style in enumerate(view.row_style)
        )
        columns = (self._column(entity, item_of(item)) for item in view.columns)
        return ListView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.plural,
            columns=tuple(column for column in columns if column is not None),
            order=tuple(_order(view)) or entity.order,
            filters=tuple(self._filters(entity, view)),
            row_styles=tuple(RowStyle(when, s) for when, s in styles if when),
            where=self._registry.typed(f"{at}/where"),
            roles=view.roles,
        )

    def _filters(self, entity: CompiledEntity, view: ViewDef) -> Iterator[ViewFilter]:
        for name, given in entity.filters.items():
            yield ViewFilter(
                name, given.label, given.where, given.default, given.roles, True
            )
        for name, written in view.filters.items():
            where = self._registry.typed(f"view {view.id}/filters/{name}/where")
            if where is not None:
                label = written.label or words(name)
                yield ViewFilter(
                    name, label, where, written.default, written.roles, False
                )

    def _column(self, entity: CompiledEntity, item: ItemDef) -> Column | None:
        found = self._along(entity, item.field)
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

    def _along(
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

    def _form(self, entity: CompiledEntity, view: ViewDef) -> FormView:
        at = f"view {view.id}"
        tabs = (
            Tab(
                id=name,
                label=tab.label or words(name),
                sections=self._sections(
                    entity, tab.sections, f"{at}/tabs/{name}/sections"
                ),
                visible=self._state(tab.visible, f"{at}/tabs/{name}/visible"),
            )
            for name, tab in view.tabs.items()
        )
        return FormView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.label,
            header=self._items(entity, view.header, f"{at}/header"),
            sections=self._sections(entity, view.sections, f"{at}/sections"),
            tabs=tuple(tabs),
            buttons=tuple(self._buttons(entity, view)),
            quick=view.quick,
            roles=view.roles,
        )

    def _sections(
        self, entity: CompiledEntity, written: Map[SectionDef], at: str
    ) -> tuple[Section, ...]:
        return tuple(
            Section(
                id=name,
                label=section.label or words(name),
                columns=section.columns,
                items=(
                    items := self._items(entity, section.fields, f"{at}/{name}/fields")
                ),
                visible=self._state(section.visible, f"{at}/{name}/visible"),
                collapsed=section.collapsed,
                wide=len(items) == 1 and _is_wide(items[0]),
            )
            for name, section in written.items()
        )

    def _items(
        self, entity: CompiledEntity, written: tuple[PathText | ItemDef, ...], at: str
    ) -> tuple[Item, ...]:
        made = (
            self._item(entity, item_of(item), f"{at}/{index}")
            for index, item in enumerate(written)
        )
        return tuple(item for item in made if item is not None)

    def _item(self, entity: CompiledEntity, item: ItemDef, at: str) -> Item | None:
        found = self._along(entity, item.field)
        if found is None:
            return None
        label, field = found
        return Item(
            path=".".join(item.field.steps),
            label=item.label or label,
            field=field,
            widget=item.widget,
            readonly=self._state(item.readonly, f"{at}/readonly"),
            visible=self._state(item.visible, f"{at}/visible"),
            span=item.span_,
            help=item.help or (None if field is None else field.definition.help),
        )

    def _buttons(self, entity: CompiledEntity, view: ViewDef) -> Iterator[Button]:
        for name, button in view.buttons.items():
            yield Button(
                id=name,
                label=button.label or words(name),
                icon=button.icon,
                inverse=entity.inverses.get(button.inverse or ""),
                action=button.action,
                where=self._registry.typed(f"view {view.id}/buttons/{name}/where"),
            )

    def _state(self, written: bool | ExprText, address: str) -> bool | Computed:
        if isinstance(written, bool):
            return written
        # A condition that could not be checked shows the thing, as no condition does.
        return self._computing.at(address) or True


def _is_wide(item: Item) -> bool:
    return item.field is not None and item.field.kind in _WIDE


def _order(view: ViewDef) -> Iterator[str]:
    for key in view.order:
        yield ("-" if key.descending else "") + ".".join(key.path.steps)
