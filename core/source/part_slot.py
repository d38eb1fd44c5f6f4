"""The slot of a dataclass: a map whose keys are the dataclass's attributes.

Made and kept by `StructureReader`, one per dataclass; reports unknown, missing, wrong
and excluding keys and builds the instance.

Public: `PartSlot.read_part(node, address, reading, id, skip)`, `PartSlot.keys`.
"""

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, get_type_hints

from core.diagnostics import Span, did_you_mean
from core.source.node import Mapping, Node, Scalar
from core.source.slot import MISSING, JsonSchema, Reading, Schemas, Slot

if TYPE_CHECKING:
    from core.source.structure import StructureReader


class KeyPlan(NamedTuple):
    """How one YAML key is read."""

    name: str
    attribute: str
    annotation: object
    slot: Slot
    required: bool
    excludes: tuple[str, ...]
    doc: str


class PartSlot(Slot):
    """Reads a map into a frozen dataclass; its plan is made at first use."""

    expected = "a map"

    def __init__(self, cls: type, reader: "StructureReader") -> None:
        self.cls = cls
        self._reader = reader
        self._keys: dict[str, KeyPlan] | None = None
        self._required: tuple[KeyPlan, ...] = ()

    @property
    def keys(self) -> dict[str, KeyPlan]:
        """YAML key -> how it is read.

        Made late, since dataclasses may contain themselves.
        """
        if self._keys is None:
            hints = get_type_hints(self.cls, include_extras=True)
            plans = [
                _plan(field, hints[field.name], self._reader)
                for field in dataclasses.fields(self.cls)
                if not field.metadata.get("place")
            ]
            self._keys = {plan.name: plan for plan in plans}
            self._required = tuple(plan for plan in plans if plan.required)
        return self._keys

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Mapping)

    def known(self, keys: tuple[str, ...]) -> int:
        """Return the known keys less the unknown ones and the missing ones."""
        fit = sum(1 if key in self.keys else -1 for key in keys)
        return fit - sum(plan.name not in keys for plan in self._required)

    def read(self, node: Node, address: str, reading: Reading) -> object:
        return self.read_part(node, address, reading, address.rpartition("/")[2], 0)

    def read_part(
        self,
        node: Node,
        address: str,
        reading: Reading,
        id: str,
        skip: int,
    ) -> object:
        """Read the map after its first `skip` entries; `MISSING` if it cannot be."""
        if isinstance(node, Scalar) and node.value is None:
            # `draft:` without a body: a part that says nothing about itself.
            node = Mapping((), node.span)
        if not isinstance(node, Mapping):
            return reading.wrong(node, self.expected)
        values: dict[str, object] = {}
        spans: dict[str, Span] = {}
        good = self._read_entries(node.entries[skip:], address, reading, values, spans)
        good &= self._no_exclusions(node, spans, reading)
        complete = self._complete(node, values, spans, reading)
        if not (good and complete):
            reading.diagnostics.mark_broken(address)
        if not complete:
            return MISSING
        values.setdefault("id", id)
        return self.cls(
            address=address, span=node.span, spans=MappingProxyType(spans), **values
        )

    def _read_entries(
        self,
        entries: tuple[tuple[Scalar, Node], ...],
        address: str,
        reading: Reading,
        values: dict[str, object],
        spans: dict[str, Span],
    ) -> bool:
        good = True
        plans = self.keys
        for key, body in entries:
            plan = plans.get(key.text)
            if plan is None:
                self._unknown(key, reading)
                good = False
                continue
            spans[key.text] = body.span
            value = plan.slot.read(body, f"{address}/{key.text}", reading)
            if value is MISSING:
                good = False
            else:
                values[plan.attribute] = value
        return good

    def _unknown(self, key: Scalar, reading: Reading) -> None:
        near = did_you_mean(key.text, self.keys)
        reading.diagnostics.error(
            "E202",
            f"unknown key '{key.text}'",
            key.span,
            "not a key that may stand here",
            near or f"possible here: {', '.join(sorted(self.keys))}",
        )

    def _complete(
        self,
        node: Mapping,
        values: dict[str, object],
        spans: dict[str, Span],
        reading: Reading,
    ) -> bool:
        complete = True
        for plan in self._required:
            if plan.attribute in values:
                continue
            if plan.name in spans:
                complete = False
            elif reading.partial:
                values[plan.attribute] = None
            else:
                complete = False
                where = node.entries[0][0].span if node.entries else node.span
                reading.diagnostics.error(
                    "E204",
                    f"the key '{plan.name}' is missing",
                    where,
                    f"'{plan.name}' must stand in this map",
                    plan.doc or None,
                )
        return complete

    def _no_exclusions(
        self, node: Mapping, spans: dict[str, Span], reading: Reading
    ) -> bool:
        good = True
        for name in spans:
            for other in self.keys[name].excludes:
                if other not in spans:
                    continue
                good = False
                later = max((name, other), key=lambda k: spans[k])
                earlier = other if later == name else name
                at = node.key(later)
                reading.diagnostics.error(
                    "E208",
                    f"'{later}' and '{earlier}' exclude each other",
                    at.span if at else node.span,
                    f"'{earlier}' stands here as well",
                    f"keep either '{earlier}' or '{later}'",
                )
        return good

    def schema(self, schemas: Schemas) -> JsonSchema:
        return schemas.of(self.cls)


def _plan(
    field: "dataclasses.Field[object]", annotation: object, reader: "StructureReader"
) -> KeyPlan:
    name = field.metadata.get("name") or field.name.rstrip("_")
    required = (
        field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    )
    return KeyPlan(
        name,
        field.name,
        annotation,
        reader.slot_for(annotation),
        required,
        tuple(field.metadata.get("excludes", ())),
        field.metadata.get("doc", ""),
    )
