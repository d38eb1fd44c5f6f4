"""Compiled endpoints: the fields of the body, the record, effects and answers.

Built at first use by `compile_endpoint`; used by core.services.endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing, all_reads
from core.compiler.effects import CompiledAction
from core.compiler.fields import compile_field
from core.compiler.parts import CompiledField, Computed, Reads
from core.compiler.tables import FlatField
from core.definitions import EndpointDef
from core.fieldtypes import FieldTypeCatalog
from core.fieldtypes.files import read_size
from core.frozen import frozen
from core.registry import Registry, full_roles
from core.source import Scalar


@frozen
class CompiledAnswer:
    """What is answered if `when` holds: a status and the values of the body."""

    when: Computed | None
    status: int
    body: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class CompiledEndpoint:
    """`entity` is that of the record that the effects are about; empty without one."""

    id: str
    definition: EndpointDef
    fields: Mapping[str, CompiledField]
    key: Computed | None
    record: Computed | None
    entity: str
    roles: tuple[str, ...]
    most: int
    answers: tuple[CompiledAnswer, ...]
    before: Reads
    action: CompiledAction


def compile_endpoint(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledEndpoint:
    """One endpoint; KeyError if there is none of this id."""
    definition, at = registry.endpoints[id], f"endpoint {id}"
    computing = Computing(registry)
    record, key = computing.at(f"{at}/record"), computing.at(f"{at}/key")
    entity = ""
    if record is not None and record.typed is not None:
        entity = record.typed.type.entity
    fields = {
        name: compile_field(
            FlatField(name, field, catalog[field.type], None, f"{at}/body/{name}"),
            computing,
        )
        for name, field in definition.body.items()
    }
    answers = tuple(_answers(computing, definition, at))
    builder = ActionBuilder(registry, catalog, computing, entity)
    action = builder.doing(at, definition, definition.do)
    reads = action.reads | all_reads(
        part for one in answers for part in (one.when, *(v for _, v in one.body))
    )
    return CompiledEndpoint(
        id=id,
        definition=definition,
        fields=MappingProxyType(fields),
        key=key,
        record=record,
        entity=entity,
        roles=full_roles(id, definition.roles),
        most=read_size(definition.max_size) or 0,
        answers=answers,
        before=all_reads(iter([record, key])),
        action=replace(action, reads=reads),
    )


def _constant(value: object, _env: object) -> object:
    return value


def _answers(
    computing: Computing, definition: EndpointDef, at: str
) -> Iterator[CompiledAnswer]:
    for index, answer in enumerate(definition.answers):
        place, body = f"{at}/answers/{index}", []
        for name, value in answer.body.items():
            made = computing.at(f"{place}/body/{name}")
            if made is None:
                literal = value.literal
                constant = literal.value if isinstance(literal, Scalar) else None
                made = Computed(partial(_constant, constant))
            body.append((name, made))
        when = computing.at(f"{place}/when")
        yield CompiledAnswer(when, answer.status, tuple(body))
