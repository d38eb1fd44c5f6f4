"""Composes one extension or overlay into the part it changes.

Called by core.registry.extend for each target; monotone for modules: what exists is
never removed or loosened, so the result does not depend on the order of modules.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any

from core.definitions import ItemDef
from core.diagnostics import Diagnostics, Related, Span, nowhere
from core.fieldtypes.spec import ChoiceDef, FieldDef
from core.frozen import frozen
from core.registry.combine import and_, bound, or_, same
from core.registry.complete import is_whole
from core.registry.merge_rules import Policy, policy_of
from core.registry.place import placed, unknown_neighbour
from core.source import Described, Map, PathText

REFUSED = object()


class Merger:
    """Applies extensions to parts and remembers who set what."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._set: dict[str, tuple[str, Span, object]] = {}
        self._own: dict[str, object] = {}
        self._disputed: dict[str, tuple[_Step, str, Span]] = {}
        self.origins: dict[str, str] = {}

    def merge(
        self, base: Any, change: Any, by: str, overlay: bool, address: str
    ) -> Any:
        """Return the part with the change applied; problems leave a key as it is."""
        base, change = in_long_form(base), in_long_form(change)
        changes: dict[str, Any] = {}
        spans = dict(base.spans)
        for key in change.spans:
            name = key if hasattr(base, key) else f"{key}_"
            new, old = getattr(change, name), getattr(base, name)
            if key in ("after", "before") or self._unread(change, name, new):
                continue
            step = _Step(key, old, new, change.at(key), by, overlay, f"{address}/{key}")
            value = self._key(base, step)
            if value is not REFUSED:
                changes[name] = value
                spans[key] = change.at(key)
        if not changes:
            return base
        return dataclasses.replace(base, **changes, spans=MappingProxyType(spans))

    def _unread(self, change: Described, name: str, new: object) -> bool:
        """Whether the value was wrong, so that the reader left it at its default."""
        if not self._diagnostics.is_broken(change.address):
            return False
        field = {f.name: f for f in dataclasses.fields(change)}[name]
        if field.default is not dataclasses.MISSING:
            return bool(new == field.default)
        return new is None or new == Map()

    def _key(self, base: Described, step: _Step) -> Any:
        policy = policy_of(type(base), step.key)
        if step.key == "to" and isinstance(base, FieldDef) and base.type != "reference":
            # Only a reference has several targets, so only there they are added.
            policy = Policy.FIXED
        if policy is Policy.PARTS and isinstance(step.old, Map):
            return self._parts(step)
        if policy is Policy.PARTS and isinstance(step.old, tuple):
            # The fields of a section are a list, those of an entity a map.
            policy = Policy.APPEND
        if not is_whole(step.new, self._diagnostics):
            return REFUSED
        if step.overlay:
            self.origins[step.address] = step.by
            # What two modules disagree about is the business's to decide.
            self._disputed.pop(step.address, None)
            if policy is Policy.APPEND:
                return self._appended(step)
            if policy is not Policy.FIXED:
                return step.new
            return self._refused(step)
        value = self._by_policy(policy, base.gave(step.key), step)
        if value is not REFUSED:
            self.origins[step.address] = step.by
        return value

    def _by_policy(self, policy: Policy, gave: bool, step: _Step) -> Any:
        old, new = step.old, step.new
        match policy:
            case Policy.ONCE:
                return self._once(step)
            case Policy.APPEND:
                return self._appended(step)
            case Policy.AND:
                return and_(old, new)
            case Policy.OR:
                return or_(old, new)
            case Policy.FILL if not gave:
                return self._once(step)
            case Policy.LARGEST | Policy.SMALLEST:
                value = self._bound(step, policy is Policy.LARGEST)
                return self._refused(step) if value is None else value
        allowed = {Policy.ON: True, Policy.OFF: False, Policy.STRICTER: "error"}
        if same(old, new) or (policy in allowed and new == allowed[policy]):
            return new
        return self._refused(step)

    def _once(self, step: _Step) -> Any:
        first = self._set.get(step.address)
        if first is None:
            self._set[step.address] = (step.by, step.span, step.new)
            return step.new
        by, span, value = first
        if by == step.by or same(value, step.new):
            return step.new
        self._disputed.setdefault(step.address, (step, by, span))
        return REFUSED

    def _bound(self, step: _Step, largest: bool) -> object:
        """The tighter bound; one that is looser only than another extension's rests."""
        own = self._own.setdefault(step.address, step.old)
        value = bound(step.old, step.new, largest)
        if value is None and bound(own, step.new, largest) is not None:
            return step.old
        return value

    def report(self) -> None:
        """Report what two modules set and no overlay has decided."""
        for step, by, span in self._disputed.values():
            self._diagnostics.error(
                "E303",
                f"'{step.key}' of {step.address.rpartition('/')[0]} is set by two "
                f"modules: {by} and {step.by}",
                step.span,
                f"set by {step.by}",
                "leave it to one of them, or let an overlay of the business decide",
                related=(Related(span, f"set by {by}"),),
            )

    def _refused(self, step: _Step) -> Any:
        self._diagnostics.error(
            "E304",
            f"'{step.key}' of {step.address.rpartition('/')[0]} cannot be changed "
            "from outside",
            step.span,
            "would loosen or change what others rely on",
            "an extension adds, tightens, relabels or hides",
        )
        return REFUSED

    def _parts(self, step: _Step) -> Map[Any]:
        old, new = step.old, step.new
        added: dict[str, Any] = {}
        changed: dict[str, Any] = {}
        for name, part in new.items():
            at = f"{step.address}/{name}"
            if name not in old:
                whole = is_whole(part, self._diagnostics, old)
                if whole and self._new_part(name, step, at):
                    added[name] = part
            elif at in self._set and _complete(part) and self._set[at][0] != step.by:
                self._taken(name, step, at)
            else:
                changed[name] = self.merge(old[name], part, step.by, step.overlay, at)
        present = Map(
            {name: changed.get(name, part) for name, part in old.items()},
            {name: old.key_span(name) for name in old},
        )
        return placed(present, added, new.key_span, self._diagnostics)

    def _new_part(self, name: str, step: _Step, at: str) -> bool:
        if step.overlay and not name.startswith("x_"):
            self._diagnostics.error(
                "E206",
                f"'{name}' is new, but does not begin with 'x_'",
                step.new.key_span(name),
                "could collide with an upgrade",
                f"call it 'x_{name}'",
            )
            return False
        self.origins[at] = step.by
        self._set[at] = (step.by, step.new.key_span(name), None)
        return True

    def _taken(self, name: str, step: _Step, at: str) -> None:
        by, span, _ = self._set[at]
        self._diagnostics.error(
            "E302",
            f"'{at}' is there already, added by {by}",
            step.new.key_span(name),
            "a second part of this name",
            "choose another name; to change the part, give only what differs",
            related=(Related(span, "the first one"),) if span.is_known else (),
        )

    def _appended(self, step: _Step) -> Any:
        if not isinstance(step.new, tuple) or not isinstance(step.old, tuple):
            return self._refused(step)
        items = list(step.old)
        for item in step.new:
            neighbour = _neighbour(item)
            if item in items:
                continue
            self._note_effect(item, step)
            names = [_item_name(other) for other in items]
            if neighbour is None:
                items.append(item)
            elif neighbour in names:
                behind = isinstance(item, ItemDef) and item.after is not None
                items.insert(names.index(neighbour) + behind, item)
            else:
                unknown_neighbour(neighbour, names, step.span, self._diagnostics)
                items.append(item)
        return tuple(items)

    def _note_effect(self, item: object, step: _Step) -> None:
        """Two modules whose effects set one field disagree, as one would be undone."""
        names = getattr(item, "set", None)
        if step.overlay or not isinstance(names, Map):
            return
        for name in names:
            at = f"{step.address}/set/{name}"
            by, span, _ = self._set.setdefault(at, (step.by, step.span, None))
            if by != step.by:
                own = dataclasses.replace(step, key=name, address=at)
                self._disputed.setdefault(at, (own, by, span))


@frozen
class _Step:
    """One key of one change: its old and new value, who asks for it, where."""

    key: str
    old: Any
    new: Any
    span: Span
    by: str
    overlay: bool
    address: str


def in_long_form(part: Any) -> Any:
    """Return a choice that is written as a text as one with a label."""
    if not isinstance(part, str):
        return part
    # Only a label is written; its place is that of the list's key.
    return ChoiceDef(label=part, spans=MappingProxyType({"label": nowhere()}))


def _complete(part: object) -> bool:
    """Whether a part could stand alone, so that a second definition was meant."""
    if not isinstance(part, Described):
        return False
    required = [
        field.name
        for field in dataclasses.fields(part)
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    return bool(required) and all(part.gave(name.rstrip("_")) for name in required)


def _neighbour(item: object) -> str | None:
    return (item.after or item.before) if isinstance(item, ItemDef) else None


def _item_name(item: object) -> str:
    if isinstance(item, ItemDef):
        return item.field.text
    return item.text if isinstance(item, PathText) else str(item)
