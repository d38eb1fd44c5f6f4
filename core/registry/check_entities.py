"""Checks entities and traits: their fields, rules, constraints, filters and buttons.

Called by core.registry.check once the schema is complete; keeps every expression's
checked form in the checker.
"""

from __future__ import annotations

from core.definitions import (
    ActionDef,
    EntityDef,
    FilterDef,
    RuleDef,
    TraitDef,
    TransitionDef,
)
from core.diagnostics import Span, did_you_mean
from core.expressions.schema import MemberKind
from core.expressions.slots import CHECK, FILTER, MESSAGE, TITLE
from core.expressions.types import Type
from core.registry.check_constraints import check_constraints
from core.registry.check_duplicates import check_duplicates
from core.registry.check_effects import EffectChecker
from core.registry.check_feeds import check_feeds
from core.registry.check_fields import FieldChecker
from core.registry.check_retention import check_retention
from core.registry.check_roles import check_roles
from core.registry.check_spreads import check_spreads
from core.registry.check_workflows import check_transition
from core.registry.checker import Checker
from core.registry.derives import check_circles
from core.registry.paths import check_name, check_path
from core.source import Map


def check_trait(checker: Checker, trait: TraitDef) -> None:
    """Check a trait as if it were an entity of its own fields."""
    _fields_and_rules(checker, trait, f"trait {trait.id}")


def check_entity(checker: Checker, entity: EntityDef) -> None:
    """Check all expressions and names of an effective entity."""
    address = f"entity {entity.id}"
    _fields_and_rules(checker, entity, address)
    if entity.subtitle is not None:
        checker.expression(
            entity.subtitle,
            f"{address}/subtitle",
            entity.id,
            TITLE,
            may_reveal=False,
        )
    _own_names(checker, entity)
    _owner(checker, entity)
    for order in entity.order:
        member = check_path(checker, entity.id, order.path)
        if member is not None and len(order.path.steps) > 1:
            text = "the order of an entity names its own fields only"
            checker.diagnostics.error("E410", text, order.span)
    check_spreads(checker, entity)
    check_filters(checker, entity.id, entity.filters, address)
    if entity.duplicates is not None:
        check_duplicates(checker, entity, entity.duplicates)
    if entity.feeds is not None:
        check_feeds(checker, entity, entity.feeds)
    if entity.retention is not None:
        check_retention(checker, entity, entity.retention)
    for name, action in entity.actions.items():
        _action(checker, entity, action, f"{address}/actions/{name}")


def _fields_and_rules(
    checker: Checker, owner: EntityDef | TraitDef, address: str
) -> None:
    schema = checker.schema.entity(owner.id)
    if schema is None:
        return
    fields = FieldChecker(checker, owner.id)
    for name, field in owner.fields.items():
        schema.member(name)
        fields.check(field)
    # Asking for the title checks it.
    _ = schema.title
    for name, rule in owner.rules.items():
        _rule(checker, owner.id, rule, f"{address}/rules/{name}")
    check_constraints(checker, owner, address, _column)
    check_circles(checker, owner)


def _rule(checker: Checker, owner: str, rule: RuleDef, address: str) -> None:
    checker.condition(rule.check, f"{address}/check", owner, CHECK)
    checker.condition(rule.when, f"{address}/when", owner, CHECK)
    checker.text(rule.message, f"{address}/message", owner, MESSAGE)
    if rule.field is not None:
        check_name(checker, owner, rule.field, rule.at("field"))
    _at(checker, owner, rule)
    check_roles(checker, owner, rule.roles, rule.at("roles"))


def _at(checker: Checker, owner: str, rule: RuleDef) -> None:
    """The buttons of a rule: those of the entity, which nobody answers warnings at."""
    entity = checker.documents.entities.get(owner)
    known = () if entity is None else tuple(entity.actions)
    for name in rule.at_:
        if name not in known:
            text = f"'{owner}' has no button '{name}'"
            help_ = did_you_mean(name, known)
            checker.diagnostics.error("E402", text, rule.at("at"), help=help_)
    if rule.at_ and rule.level == "warn":
        text = "a warning cannot be answered where a button is pressed"
        checker.diagnostics.error("E412", text, rule.at("level"), help="leave it out")


def _column(checker: Checker, owner: str, name: str, span: Span) -> None:
    """Check a name that must be a column of the entity's own table."""
    first, _, second = name.partition(".")
    member = check_name(checker, owner, first, span)
    if member is None or second:
        return
    if member.to_many or member.kind is MemberKind.GROUP or not member.stored:
        checker.diagnostics.error(
            "E411",
            f"'{name}' has no column of its own, so it cannot be indexed",
            span,
            help="name stored fields and links",
        )


def _own_names(checker: Checker, entity: EntityDef) -> None:
    for key in ("image", "key"):
        name = getattr(entity, key)
        if name is not None:
            member = check_name(checker, entity.id, name, entity.at(key))
            if member is not None and member.sensitive:
                text = f"'{name}' is sensitive and everybody would see it here"
                checker.diagnostics.error("E417", text, entity.at(key))
    for index in entity.indexes:
        for name in index:
            _column(checker, entity.id, name, entity.at("indexes"))
    for name in entity.search:
        span = (
            entity.search.key_span(name)
            if isinstance(entity.search, Map)
            else entity.at("search")
        )
        check_name(checker, entity.id, name, span)


#: Lines of lines of lines; deeper ones nobody finds in a form.
_DEEPEST = 3


def _depth(checker: Checker, entity: EntityDef) -> None:
    """Rows that are owned over more levels than a form shows, or by themselves."""
    at: EntityDef | None = entity
    for _ in range(_DEEPEST + 1):
        owner = next(iter(at.part_of.values()), None) if at is not None else None
        if owner is None:
            return
        at = checker.documents.entities.get(owner)
    checker.diagnostics.error(
        "E413",
        f"'{entity.id}' stands more than {_DEEPEST} levels below its document",
        entity.at("part_of"),
        "lines of lines end at the third level",
        "make it an entity of its own with a link",
    )


def _owner(checker: Checker, entity: EntityDef) -> None:
    _depth(checker, entity)
    if len(entity.part_of) > 1:
        checker.diagnostics.error(
            "E205",
            f"'{entity.id}' is part of {len(entity.part_of)} entities",
            entity.at("part_of"),
            "an owned line has exactly one owner",
            "make the others ordinary links",
        )


def check_filters(
    checker: Checker, owner: str, filters: Map[FilterDef], address: str
) -> None:
    """Check named filters of an entity or a view."""
    for name, definition in filters.items():
        checker.condition(
            definition.where,
            f"{address}/filters/{name}/where",
            owner,
            FILTER,
            # Whoever may use the filter learns for which rows it holds.
            may_reveal=bool(definition.roles),
        )
        check_roles(checker, owner, definition.roles, definition.at("roles"))


def _action(
    checker: Checker, entity: EntityDef, action: ActionDef, address: str
) -> None:
    root = None if action.place == "list" else entity.id
    names = _asked(checker, entity, action)
    checker.condition(action.when, f"{address}/when", root, CHECK)
    checker.text(action.say, f"{address}/say", root, MESSAGE, names)
    checker.text(action.confirm, f"{address}/confirm", root, MESSAGE, names)
    check_roles(checker, entity.id, action.roles, action.at("roles"))
    # There is no record whose values a question of the whole list could read.
    fields = FieldChecker(checker, root or "")
    for field in action.ask.values():
        if field.type in checker.catalog:
            fields.check(field)
    author = checker.author_of(address) or entity.id.partition(".")[0]
    EffectChecker(checker, author, root).check(action.do, f"{address}/do", names)
    if isinstance(action, TransitionDef):
        check_transition(checker, entity, action, address)


def _asked(checker: Checker, entity: EntityDef, action: ActionDef) -> dict[str, Type]:
    names: dict[str, Type] = {}
    for name, field in action.ask.items():
        type_ = checker.catalog.get(field.type)
        if type_ is not None:
            context = checker.context(entity.id, field)
            names[f"ask.{name}"] = type_.expression_type(field, context)
    return names


def note_word(checker: Checker, entity: EntityDef) -> None:
    """Let the language know which entity holds its currencies, units or countries."""
    word = entity.acts_as
    if word is None:
        return
    other = checker.schema.acting.setdefault(word, entity.id)
    if other != entity.id:
        checker.diagnostics.error(
            "E303",
            f"{other} holds the {word} records already",
            entity.at("acts_as"),
            "only one entity can",
        )
