"""Says in sentences why an actor may do something to a record, or why not.

Called by Reader.explain for administrators and for the reasons of disabled buttons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledField, Computed, EntityAccess
from core.compiler.computing import reads_of
from core.expressions import Record, Typed
from core.frozen import frozen
from core.services.access import parent_verb
from core.services.reasons import Reasons
from core.services.scene import Scene
from core.services.sentences import Sentence, sentence


def explain(
    scene: Scene, entity: str, verb: str, id_: int, viewer: Scene | None = None
) -> list[Sentence]:
    """The reasons, in the order in which rights are asked.

    viewer: for whom they are worded, if not for the actor; values he may not read are
    left out.
    """
    compiled = scene.runtime.compiled.entity(entity)
    rights = scene.access.of(entity)
    owner = rights.parent
    names = _Names(scene, viewer or scene)
    if owner is not None:
        row = scene.loader.load(entity, [id_]).get(id_)
        if row is None:
            text = "There is no {what} with the id {id}."
            return [sentence(text, what=names.one(entity), id=id_)]
        text = "{plural} take over the rights of their {above}."
        above, plural = names.one(owner.entity), names.many(entity)
        first = sentence(text, plural=plural, above=above)
        target = row[owner.field]
        up = explain(scene, owner.entity, parent_verb(verb), target, viewer)
        return [first, *up]
    if not scene.access.can(entity, verb):
        text = "None of the roles grants '{verb}' on {plural}."
        return [sentence(text, verb=verb, plural=names.many(entity))]
    asked = _Asked(scene, compiled, verb, id_, Reasons(scene, viewer), names)
    return [*_grants(asked, rights), *_limits(asked, rights), *_company(asked)]


@frozen
class _Names:
    """What things are called in the viewer's language."""

    scene: Scene
    viewer: Scene

    def one(self, entity: str) -> str:
        return self._label(entity) or self.scene.runtime.compiled.entity(entity).label

    def many(self, entity: str) -> str:
        found = self._label(entity, "plural")
        return found or self.scene.runtime.compiled.entity(entity).plural

    def _label(self, entity: str, key: str = "label") -> str:
        registry = self.scene.runtime.compiled.registry
        return registry.label(f"entity {entity}", self.viewer.actor.language, key)


@frozen
class _Asked:
    """One question: may this verb be done to this record."""

    scene: Scene
    compiled: CompiledEntity
    verb: str
    id: int
    reasons: Reasons
    names: _Names

    def answer(self, typed: Typed) -> Sentence:
        """Whether a condition of a right holds for the record, and why."""
        table = self.compiled.table
        scene = self.scene
        condition = scene.around.condition(typed, table, scene.runtime.compiled)
        statement = sa.select(table.c.id).where(table.c.id == self.id, condition)
        held = scene.connection.execute(statement, dict(scene.parameters)).first()
        row = scene.loader.load(self.compiled.id, [self.id], typed.reads).get(self.id)
        facts: tuple[Sentence, ...] = ()
        if row is not None:
            env = scene.env(reads_of(typed), this=row)
            facts = self.reasons.facts(typed, env)
        word = "this holds" if held is not None else "this does not hold"
        return (
            sentence(f"{word} because {{facts}}", facts=facts)
            if facts
            else (sentence(word))
        )


def _grants(asked: _Asked, rights: EntityAccess) -> list[Sentence]:
    rule, verb = rights.rows(asked.verb), asked.verb
    one = asked.names.one(asked.compiled.id)
    if asked.scene.access.map.admin:
        text = "An administrator may '{verb}' every {what}."
        return [sentence(text, verb=verb, what=one)]
    if rule.unrestricted:
        text = "A role grants '{verb}' on every {what}."
        return [sentence(text, verb=verb, what=one)]
    text = "A role grants '{verb}' where {condition}: {answer}."
    said = [
        sentence(text, verb=verb, condition=typed.text, answer=asked.answer(typed))
        for typed in (*rule.wheres, *(typed for typed, _ in rule.both))
    ]
    links = [*rule.via, *(link for _, more in rule.both for link in more)]
    text = "A role grants '{verb}' where the actor may read what '{link}' leads to."
    return said + [sentence(text, verb=verb, link=one) for one in dict.fromkeys(links)]


def _limits(asked: _Asked, rights: EntityAccess) -> list[Sentence]:
    text = "A limit for everybody asks for {condition}: {answer}."
    return [
        sentence(text, condition=typed.text, answer=asked.answer(typed))
        for typed in rights.limits(asked.verb)
    ]


def _company(asked: _Asked) -> list[Sentence]:
    actor, compiled = asked.scene.actor, asked.compiled
    if not compiled.has_company or (actor.is_admin and not actor.companies):
        return []
    row = asked.scene.loader.load(compiled.id, [asked.id]).get(asked.id)
    company = None if row is None else row.get("company")
    if company is None:
        return [sentence("The record belongs to no company and is shared by all.")]
    if company in actor.companies:
        return [sentence("The record belongs to one of the actor's companies.")]
    return [sentence("The record belongs to none of the actor's companies.")]


# -- fields ----------------------------------------------------------------------------


@frozen
class FieldReason:
    """What holds for one field of a record, and why; `state` is one of `hidden`,
    `shown`, `not shown`, `can be changed`, `cannot be changed`, `required`, `not
    required`."""

    field: str
    label: str
    state: str
    why: Sentence


def explain_fields(
    scene: Scene, entity: str, id_: int, viewer: Scene | None = None
) -> list[FieldReason]:
    """Why fields of a record are shown or not, closed or open, needed or not.

    Only fields that rights or conditions say something about.
    """
    compiled = scene.runtime.compiled.entity(entity)
    reasons = Reasons(scene, viewer)
    tests = _tests(scene.access.of(entity), compiled)
    row = _whole(scene, compiled, id_, [one for one, _, _ in tests])
    language = (viewer or scene).actor.language
    registry = scene.runtime.compiled.registry
    found: list[FieldReason] = []
    for name, field in compiled.fields.items():
        label = registry.label(field.definition.address, language) or field.label
        said = list(_rights(scene.access.of(entity), field))
        if name in scene.access.of(entity).readable:
            said += _conditions(scene, reasons, tests, name, row)
        found += [FieldReason(name, label, state, why) for state, why in said]
    return found


_Tests = tuple[tuple[Mapping[str, bool | Computed], str, str], ...]


def _tests(access: EntityAccess, compiled: CompiledEntity) -> _Tests:
    """Conditions by field, and what it means when they hold and when not."""
    return (
        (dict(access.read_conditions), "shown", "hidden"),
        (dict(access.write_conditions), "can be changed", "cannot be changed"),
        (compiled.visible, "shown", "not shown"),
        (compiled.readonly, "cannot be changed", "can be changed"),
        (compiled.required, "required", "not required"),
    )


def _rights(
    access: EntityAccess, field: CompiledField
) -> Iterator[tuple[str, Sentence]]:
    if field.name not in access.readable:
        text = "None of the roles shows this field."
        yield "hidden", sentence(text)
    elif field.computed:
        text = "The field is worked out by a formula."
        yield "cannot be changed", sentence(text)
    elif field.name not in access.writable:
        text = "None of the roles may change this field."
        yield "cannot be changed", sentence(text)


def _conditions(
    scene: Scene, reasons: Reasons, tests: _Tests, name: str, row: Record | None
) -> Iterator[tuple[str, Sentence]]:
    for conditions, yes, no in tests:
        test = conditions.get(name)
        if isinstance(test, Computed) and test.typed is not None and row is not None:
            env = scene.env(test.reads, this=row, old=row)
            state = yes if test.run(env) is True else no
            yield state, reasons.verdict(test.typed, env)


def _whole(
    scene: Scene,
    compiled: CompiledEntity,
    id_: int,
    tests: Sequence[Mapping[str, bool | Computed]],
) -> Record | None:
    paths = {
        path
        for one in tests
        for test in one.values()
        if isinstance(test, Computed)
        for path in test.reads.this
    }
    return scene.loader.load(compiled.id, [id_], paths).get(id_)
