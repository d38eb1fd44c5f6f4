"""Boards, calendars and trees as view models.

Used by `ViewCompiler`, which keeps what is made here.
"""

from __future__ import annotations

from core.compiler.computing import Computing
from core.compiler.entity import CompiledEntity
from core.compiler.view_fields import ViewFields, view_dates, view_order
from core.compiler.view_models import BoardView, CalendarView, Card, TreeView
from core.definitions import CardDef, ViewDef
from core.registry import Registry, full_roles


class ShownViews:
    """Makes the models of views that are neither list nor form."""

    def __init__(
        self, registry: Registry, fields: ViewFields, computing: Computing
    ) -> None:
        self._registry = registry
        self._fields = fields
        self._computing = computing

    def board(self, entity: CompiledEntity, view: ViewDef) -> BoardView:
        """A board of an entity."""
        return BoardView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.plural,
            field=entity.fields[view.column_by or ""],
            card=self._card(entity, view.card or CardDef()),
            sums=self._fields.named(entity, view.sums),
            limits=dict(view.limits),
            stale=self._computing.at(f"view {view.id}/stale"),
            order=tuple(view_order(view)) or entity.order,
            filters=tuple(self._fields.filters(entity, view)),
            where=self._registry.typed(f"view {view.id}/where"),
            dates=view_dates(entity, view),
            roles=full_roles(view.id, view.roles),
        )

    def calendar(self, entity: CompiledEntity, view: ViewDef) -> CalendarView:
        """A calendar of an entity."""
        return CalendarView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.plural,
            start=entity.fields[view.start or ""],
            end=entity.fields[view.end] if view.end else None,
            title=self._fields.one(entity, view.title),
            color=self._fields.one(entity, view.color),
            order=tuple(view_order(view)) or entity.order,
            filters=tuple(self._fields.filters(entity, view)),
            where=self._registry.typed(f"view {view.id}/where"),
            dates=view_dates(entity, view),
            roles=full_roles(view.id, view.roles),
        )

    def tree(self, entity: CompiledEntity, view: ViewDef) -> TreeView:
        """A tree of an entity; without columns it has those of a list."""
        written = view.columns or self._registry.views_of[entity.id, "list"].columns
        return TreeView(
            id=view.id,
            entity=entity.id,
            label=view.label or entity.plural,
            parent=entity.fields[view.parent or ""],
            columns=self._fields.columns(entity, written),
            order=tuple(view_order(view)) or entity.order,
            filters=tuple(self._fields.filters(entity, view)),
            where=self._registry.typed(f"view {view.id}/where"),
            dates=view_dates(entity, view),
            roles=full_roles(view.id, view.roles),
        )

    def _card(self, entity: CompiledEntity, card: CardDef) -> Card:
        return Card(
            title=self._fields.one(entity, card.title),
            lines=self._fields.columns(entity, card.lines),
            badge=self._fields.one(entity, card.badge),
            image=self._fields.one(entity, card.image),
        )
