"""Checks automations: events that somebody raises, fields, conditions, effects.

Called by core.registry.build once entities and workflows are checked; the checked
expressions stand under `automation <id>/...`.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.definitions import AutomationDef
from core.diagnostics import did_you_mean
from core.expressions.slots import AFTERWARDS, CHECK
from core.registry.check_effects import EffectChecker
from core.registry.checker import Checker
from core.registry.events import DELETED, SAVED, UPDATED, events_of, flat, is_line
from core.registry.paths import check_name
from core.source import PathText

#: Effects on the record itself, which is gone after `deleted`.
_NEED_RECORD = ("set", "activity", "comment", "copy", "number", "escalate")


def check_automations(checker: Checker) -> None:
    """Check all automations; those without an event that can be are taken out."""
    automations = checker.documents.of("automation", AutomationDef)
    known = events_of(checker.documents) if automations else {}
    for id_, automation in list(automations.items()):
        subject = _subject(checker, automation, known)
        if subject is None:
            del automations[id_]
            continue
        _check(checker, automation, subject)


def _subject(
    checker: Checker, automation: AutomationDef, known: Mapping[str, str]
) -> str | None:
    """The entity of all events; None, reported, if there is not one of them."""
    module = automation.id.partition(".")[0]
    found: dict[str, None] = {}
    for event in automation.event:
        entity = entity_of(checker, module, event, known)
        if entity is not None:
            found[entity] = None
    if len(found) > 1:
        text = f"these events are about {' and '.join(found)}"
        help_ = "an automation is about one record: write one for each"
        checker.diagnostics.error("E419", text, automation.at("event"), help=help_)
        return None
    return next(iter(found), None)


def entity_of(
    checker: Checker, module: str, event: PathText, known: Mapping[str, str]
) -> str | None:
    """The entity of an event; None, reported, if nobody raises it."""
    entities = checker.documents.entities
    entity = event.text.rpartition(".")[0]
    if entity not in entities and event.text not in known:
        _unknown(checker, event, known)
        return None
    check = checker.dependencies.check
    if not check(module, "entity", entity, entities, event.span):
        return None
    if event.text not in known and not _is_shaky(checker, entity):
        _unknown(checker, event, known)
        return None
    return entity


def _is_shaky(checker: Checker, entity: str) -> bool:
    broken = checker.diagnostics.is_broken
    return entity in checker.documents.shaky or broken(f"workflow {entity}")


def _unknown(checker: Checker, event: PathText, known: Mapping[str, str]) -> None:
    owner = event.text.rpartition(".")[0]
    quiet = checker.dependencies.is_quiet
    if quiet("entity", owner) or quiet("entity", event.text):
        return
    line = checker.documents.entities.get(owner)
    if line is not None and is_line(line):
        above = next(iter(line.part_of.values()))
        text = f"{owner} is saved with what it is part of, without events"
        help_: str | None = f"react to '{above}.{UPDATED}'"
    else:
        text = f"nobody raises the event '{event.text}'"
        own = [one for one in known if one.rpartition(".")[0] == owner]
        help_ = did_you_mean(event.text, own or known)
        if help_ is None and own:
            words = sorted(one.rpartition(".")[2] for one in own)
            help_ = f"the events of {owner} are {', '.join(words)}"
    checker.diagnostics.error("E433", text, event.span, help=help_)


def _check(checker: Checker, automation: AutomationDef, subject: str) -> None:
    at = f"automation {automation.id}"
    words = {event.text.rpartition(".")[2] for event in automation.event}
    for name in automation.changes:
        check_name(checker, subject, name, automation.at("changes"))
    if automation.changes and not words & {UPDATED, SAVED}:
        text = "'changes' is about 'updated', which is none of the events here"
        checker.diagnostics.error("E205", text, automation.at("changes"))
    checker.condition(automation.when, f"{at}/when", subject, CHECK)
    after = automation.run == "after"
    module = automation.id.partition(".")[0]
    slot = AFTERWARDS if after else None
    effects = EffectChecker(checker, module, subject, slot)
    effects.check(automation.do, f"{at}/do", {})
    if DELETED in words:
        _after_deleting(checker, automation, after)


def _after_deleting(checker: Checker, automation: AutomationDef, after: bool) -> None:
    if after:
        text = "after the event the record is gone, so nothing can be read of it"
        help_ = "leave 'run' out: then it happens inside"
        checker.diagnostics.error("E205", text, automation.at("run"), help=help_)
    for effect in flat(automation.do):
        used = [key for key in _NEED_RECORD if effect.gave(key)]
        if effect.transition is not None and effect.transition.record is None:
            used.append("transition")
        for key in used:
            text = f"'{key}' needs the record, which is gone after 'deleted'"
            checker.diagnostics.error("E205", text, effect.at(key))
