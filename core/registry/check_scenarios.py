"""Checks test documents: keys, users, moments, buttons, rows, what is expected.

Called by core.registry.build once all else is checked; the checked expressions stand
under `test <id>/...`. A test of modules that are not on is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from core.definitions import ScenarioDef, StepDef
from core.definitions.scenario import PLATFORM, STEP_NAMES, rows_created, rows_given
from core.diagnostics import Span, did_you_mean
from core.expressions.slots import TEST
from core.fieldtypes.spec import FieldDef
from core.registry.check_data import DataChecker
from core.registry.check_expected import LINKED, ExpectationChecker
from core.registry.check_roles import full_role
from core.registry.check_values import check_value, writable_field
from core.registry.checker import Checker
from core.registry.module_source import ModuleSource
from core.registry.scenario_keys import Keys
from core.source import ExprText, Values, ValueSlot

#: A refusal for lack of a right.
RIGHT = "right"


def check_scenarios(checker: Checker, modules: Mapping[str, ModuleSource]) -> None:
    """Check all tests whose modules are on; the others are taken out."""
    scenarios = checker.documents.of("test", ScenarioDef)
    for id_, scenario in list(scenarios.items()):
        if any(name not in modules for name in scenario.modules):
            del scenarios[id_]
        else:
            ScenarioChecker(checker, modules, scenario).check()


def moment_of(text: str, zone: str) -> datetime | None:
    """A moment or the beginning of a day, by default in a zone; None if it is none."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return None


class ScenarioChecker:
    """Checks one test from its beginning to its end."""

    def __init__(
        self,
        checker: Checker,
        modules: Mapping[str, ModuleSource],
        scenario: ScenarioDef,
    ) -> None:
        self._checker = checker
        self._rows = DataChecker(checker, modules)
        self._scenario = scenario
        self._at = f"test {scenario.id}"
        self._module = scenario.id.partition(".")[0]
        self._keys = Keys(checker.schema)
        self._expected = ExpectationChecker(checker, self._keys, scenario)

    def check(self) -> None:
        """Check it; its rows are known while this lasts only."""
        scenario, checker = self._scenario, self._checker
        with self._known_rows():
            self._frame()
            self._rows.check(rows_given(scenario))
            self._keys.add(scenario.given)
            for index, step in enumerate(scenario.steps):
                given = [name for name in STEP_NAMES if step.gave(name)]
                if len(given) != 1:
                    text = f"a step is one of {', '.join(STEP_NAMES)}"
                    checker.diagnostics.error("E204", text, step.span)
                    continue
                self._step(index, step)

    @contextmanager
    def _known_rows(self) -> Iterator[None]:
        """Let links of the test's rows name each other, as those of data do."""
        known = self._checker.schema.external_ids
        mine: dict[str, str] = {}
        scenario = self._scenario
        for rows in (scenario.given, *(one.create for one in scenario.steps)):
            for entity, keys in rows.items():
                for key in keys:
                    external = f"{entity}.{key}"
                    if external in known or key in {*scenario.users, *_tails(mine)}:
                        text = f"there is a row or a user '{key}' already"
                        self._error("E302", text, keys.key_span(key))
                    else:
                        mine[external] = entity
        known |= mine
        try:
            yield
        finally:
            for external in mine:
                del known[external]

    def _frame(self) -> None:
        scenario = self._scenario
        if moment_of("2000-01-01", scenario.zone) is None:
            text = f"there is no time zone '{scenario.zone}'"
            self._error("E205", text, scenario.at("zone"), "such as Europe/Berlin")
        elif moment_of(scenario.now, scenario.zone) is None:
            self._no_moment(scenario.now, scenario.at("now"))
        self._users()
        for module, values in scenario.settings.items():
            self._settings(module, values, scenario.settings.key_span(module))
        if not scenario.steps:
            text = "the test has no steps, so it can show nothing"
            self._error("E204", text, scenario.span)

    def _users(self) -> None:
        users, roles = self._scenario.users, self._checker.schema.roles
        person = self._checker.schema.acting.get("user", "base.user")
        if users and person not in self._checker.documents.entities:
            text = "there are no users while the module 'base' is off"
            self._error("E301", text, self._scenario.at("users"))
            return
        for key, wanted in users.items():
            span = users.key_span(key)
            if key == PLATFORM:
                text = f"'{PLATFORM}' is nobody with all rights already"
                self._error("E205", text, span, "choose another key")
            self._keys.people.add(key)
            self._keys.of[key] = person
            for role in wanted:
                if full_role(self._module, role) not in roles:
                    text = f"there is no role '{role}'"
                    self._error("E418", text, span, did_you_mean(role, roles))

    def _settings(self, module: str, values: Values, span: Span) -> None:
        document = self._checker.documents.settings.get(module)
        if document is None:
            text = f"the module '{module}' has no settings"
            self._error("E301", text, span)
            return
        for name, value in values.items():
            field = document.fields.get(name)
            if field is None:
                help_ = did_you_mean(name, document.fields)
                text = f"'{module}' has no setting '{name}'"
                self._error("E402", text, values.key_span(name), help_)
            else:
                self._value(value, field, f"{self._at}/settings/{module}/{name}")

    def _value(self, value: ValueSlot, field: FieldDef, at: str) -> None:
        if value.expr is not None:
            self._checker.expression(value.expr, at, None, TEST)
        else:
            check_value(self._checker, value, field, None)

    def _step(self, index: int, step: StepDef) -> None:
        at = f"{self._at}/steps/{index}"
        if step.refused is not None and not (step.create or step.set or step.run):
            text = "'refused' belongs to 'create', 'set' or 'run'"
            self._error("E205", text, step.at("refused"))
        if step.ask and step.run is None:
            self._error("E205", "'ask' belongs to 'run'", step.at("ask"))
        if step.create:
            self._rows.check(rows_created(self._scenario, index))
            if step.refused is None:
                self._keys.add(step.create)
        for key, values in step.set.items():
            self._set(key, values, step, at)
        for found, by in step.find.items():
            self._find(found, by, step.find.key_span(found), f"{at}/find/{found}")
        if step.run is not None:
            self._run(step.run, step, at)
        if step.user is not None and step.user not in {PLATFORM, *self._keys.people}:
            help_ = did_you_mean(step.user, (PLATFORM, *self._keys.people))
            text = f"there is no user '{step.user}'"
            self._error("E301", text, step.at("user"), help_ or "name it in 'users'")
        zone = self._scenario.zone
        if step.until is not None and moment_of(step.until, zone) is None:
            self._no_moment(step.until, step.at("until"))
        if step.expect is not None:
            self._expected.check(step.expect, f"{at}/expect")

    def _set(self, key: str, values: Values, step: StepDef, at: str) -> None:
        id_ = self._keys.find(key)
        entity = self._checker.documents.entities.get(id_ or "")
        if entity is None:
            self._expected.unknown_key(key, step.set.key_span(key))
            return
        for name, value in values.items():
            field = writable_field(self._checker, entity, name, values.key_span(name))
            if field is not None:
                self._value(value, field, f"{at}/set/{key}/{name}")
        self._refused(step, entity.fields, entity.rules)

    def _find(self, key: str, text: ExprText, span: Span, at: str) -> None:
        if key in self._keys.of:
            self._error("E302", f"there is a row or a user '{key}' already", span)
        names = self._keys.names()
        typed = self._checker.expression(text, at, None, TEST, names=names)
        if typed is None:
            return
        if typed.type.kind not in LINKED or len(typed.type.entities) != 1:
            said = f"this is {typed.type}, and a key stands for one record"
            self._error("E205", said, text.span, "such as first(x for x in a.lines)")
            return
        self._keys.of[key] = typed.type.entities[0]

    def _run(self, button: str, step: StepDef, at: str) -> None:
        key, _, name = button.rpartition(".")
        span = step.at("run")
        id_ = self._keys.find(key)
        entity = self._checker.documents.entities.get(id_ or "")
        if entity is None:
            self._expected.unknown_key(key, span)
            return
        action = entity.actions.get(name)
        if action is None:
            text = f"'{entity.id}' has no button '{name}'"
            self._error("E301", text, span, did_you_mean(name, entity.actions))
            return
        questions = getattr(action, "questions", action.ask)
        for asked, value in step.ask.items():
            field = questions.get(asked)
            if field is None:
                text = f"'{name}' asks nothing called '{asked}'"
                help_ = did_you_mean(asked, questions)
                self._error("E402", text, step.ask.key_span(asked), help_)
            else:
                self._value(value, field, f"{at}/ask/{asked}")
        self._refused(step, entity.fields, entity.rules)

    def _refused(
        self, step: StepDef, fields: Iterable[str], rules: Iterable[str]
    ) -> None:
        """A single word is a name that can be known; several are words of an answer."""
        said = step.refused
        if said is None or " " in said:
            return
        known = (RIGHT, *rules, *fields)
        if said not in known:
            text = f"no rule, field or right is called '{said}'"
            help_ = did_you_mean(said, known) or "or write words of the answer"
            self._error("E301", text, step.at("refused"), help_)

    def _no_moment(self, text: str, span: Span) -> None:
        help_ = 'write it like "2026-03-01T09:00Z"'
        self._error("E205", f"'{text}' is no moment", span, help_)

    def _error(self, code: str, text: str, span: Span, help: str | None = None) -> None:
        self._checker.diagnostics.error(code, text, span, help=help)


def _tails(externals: Iterable[str]) -> Iterator[str]:
    return (one.rpartition(".")[2] for one in externals)
