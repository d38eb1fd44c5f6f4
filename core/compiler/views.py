"""Views as the pages draw them: frozen view models without any HTML.

Asked by core.web and by exports; made out of written or generated views when first
asked for, and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from core.compiler.computing import Computing
from core.compiler.entity import CompiledEntity
from core.compiler.parts import Computed
from core.compiler.shown_views import ShownViews
from core.compiler.view_fields import ViewFields, view_dates, view_order
from core.compiler.view_models import (
    BoardView,
    Button,
    CalendarView,
    Column,
    FormView,
    Item,
    ListView,
    RowStyle,
    Section,
    Tab,
    TreeView,
)
from core.definitions import ItemDef, SectionDef, ViewDef
from core.registry import Registry, full_roles, item_of, words
from core.source import ExprText, Map, PathText

M = TypeVar("M")
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
        self._fields = ViewFields(registry, entity)
        self._shown = ShownViews(registry, self._fields, self._computing)
        self._made: dict[tuple[str, str, str | None], Any] = {}
        self._lock = threading.RLock()

    def of(self, entity: str) -> tuple[ViewDef, ...]:
        """The written views of an entity in load order."""
        views = self._registry.views.values()
        return tuple(view for view in views if view.entity == entity)

    def list_of(self, entity: str, view_id: str | None = None) -> ListView:
        """The list of an entity, or a certain view; KeyError for an unknown one."""
        view = self._chosen(entity, "list", view_id)
        return self._kept(view, view_id, lambda: self._list(self._entity(entity), view))

    def form_of(self, entity: str, view_id: str | None = None) -> FormView:
        """The form of an entity, or a certain view; KeyError for an unknown one."""
        view = self._chosen(entity, "form", view_id)
        return self._kept(view, view_id, lambda: self._form(self._entity(entity), view))

    def board_of(self, entity: str, view_id: str) -> BoardView:
        """A board of an entity; KeyError for an unknown one."""
        view = self._chosen(entity, "kanban", view_id)
        return self._kept(
            view, view_id, lambda: self._shown.board(self._entity(entity), view)
        )

    def calendar_of(self, entity: str, view_id: str) -> CalendarView:
        """A calendar of an entity; KeyError for an unknown one."""
        view = self._chosen(entity, "calendar", view_id)
        return self._kept(
            view, view_id, lambda: self._shown.calendar(self._entity(entity), view)
        )

    def tree_of(self, entity: str, view_id: str) -> TreeView:
        """A tree of an entity; KeyError for an unknown one."""
        view = self._chosen(entity, "tree", view_id)
        return self._kept(
            view, view_id, lambda: self._shown.tree(self._entity(entity), view)
        )

    def columns_of(
        self, entity: str, items: tuple[PathText | ItemDef, ...]
    ) -> tuple[Column, ...]:
        """Paths and items as columns of a list of the entity."""
        return self._fields.columns(self._entity(entity), items)

    def _kept(self, view: ViewDef, view_id: str | None, make: Callable[[], M]) -> M:
        """The model of a view, made once; generated ones are asked for without id."""
        key = (view.entity, view.type, view_id)
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
        found: M = self._made[key]
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
        return ListView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.plural,
            columns=self._fields.listed(entity, view),
            order=tuple(view_order(view)) or entity.order,
            filters=tuple(self._fields.filters(entity, view)),
            row_styles=tuple(RowStyle(when, s) for when, s in styles if when),
            editable=view.editable,
            group=view.group,
            where=self._registry.typed(f"{at}/where"),
            dates=view_dates(entity, view),
            roles=full_roles(view.id, view.roles),
        )

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
            roles=full_roles(view.id, view.roles),
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
        found = self._fields.along(entity, item.field)
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
