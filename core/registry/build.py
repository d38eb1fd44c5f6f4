"""From module folders to the registry: read, compose, check, freeze.

Called by core.app once the modules are in order; the stages stand below one another in
`build_registry`. Nothing is raised: the caller looks at the diagnostics.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.definitions import (
    AssignmentDef,
    AutomationDef,
    ClockDef,
    DataDef,
    EndpointDef,
    FlowDef,
    MailboxDef,
    MailDef,
    MappingDef,
    ScenarioDef,
    ScheduleDef,
    ViewDef,
    WebformDef,
    WorkflowDef,
)
from core.diagnostics import Diagnostics
from core.expressions.catalogue import Catalogue
from core.fieldtypes.catalog import FieldTypeCatalog
from core.fieldtypes.functions import language_catalogue
from core.registry.check_assignments import check_assignments
from core.registry.check_automations import check_automations
from core.registry.check_behaviour import check_behaviour
from core.registry.check_clocks import check_clocks
from core.registry.check_dashboards import check_dashboards
from core.registry.check_data import DataChecker, collect_rows, data_documents
from core.registry.check_decisions import DecisionChecker
from core.registry.check_endpoints import check_endpoints
from core.registry.check_entities import check_entity, check_trait, note_word
from core.registry.check_flows import check_flows
from core.registry.check_icons import check_icons
from core.registry.check_mailboxes import check_mailboxes
from core.registry.check_mails import check_mails
from core.registry.check_mappings import check_mappings
from core.registry.check_rest import (
    check_numbered,
    check_settings,
    check_translations,
    checked_menu,
    collect_settings,
    joined_translations,
)
from core.registry.check_rights import RightsChecker, collect_roles
from core.registry.check_scenarios import check_scenarios
from core.registry.check_schedules import check_schedules
from core.registry.check_views import check_view, views_in_use
from core.registry.check_webforms import check_webforms
from core.registry.check_workflows import check_workflow
from core.registry.checker import Checker
from core.registry.circles import check_circles
from core.registry.clocks import clocks_of
from core.registry.compose import Composer
from core.registry.dependencies import Dependencies
from core.registry.discover import shown_path
from core.registry.documents import Documents
from core.registry.events import drawn_late, reactions_of
from core.registry.formulas import Formulas
from core.registry.generate_views import generated_views
from core.registry.hearing import hearing_of
from core.registry.inverses import Inverse, find_inverses
from core.registry.members import MemberMaker
from core.registry.module_source import ModuleSource
from core.registry.read import TESTS, FolderReader
from core.registry.registry import Registry
from core.registry.rights import Rights
from core.registry.targets import mark_unread, resolve_fields, usable_fields
from core.source import StructureReader

Inverses = dict[str, dict[str, Inverse]]


def build_registry(
    modules: Sequence[ModuleSource],
    catalog: FieldTypeCatalog,
    diagnostics: Diagnostics,
    *,
    overlays: Sequence[Path] = (),
    functions: Catalogue | None = None,
    rows: bool = True,
) -> Registry:
    """Return the registry of modules in their order, with overlays laid over them.

    rows: check the rows of shipped data and samples as well; without it they cannot be
    loaded.

    All problems go to the diagnostics; with errors in them the registry is only good
    for showing what could be read.
    """
    with collection_paused():
        return _built(modules, catalog, diagnostics, overlays, functions, rows)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Keep the garbage collector from walking what is being built and will stay.

    A quarter of the time of a build; what was on is on again afterwards.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _built(
    modules: Sequence[ModuleSource],
    catalog: FieldTypeCatalog,
    diagnostics: Diagnostics,
    overlays: Sequence[Path],
    functions: Catalogue | None,
    rows: bool,
) -> Registry:
    documents = Documents()
    _read(modules, overlays, documents, diagnostics, rows)
    dependencies = Dependencies(modules, diagnostics)
    composer = Composer(documents, dependencies, diagnostics)
    composer.compose()
    checker = Checker(
        documents,
        dependencies,
        diagnostics,
        catalog,
        functions or language_catalogue(),
        composer.origins,
        composer.sources,
    )
    mark_unread(checker)
    usable_fields(checker)
    resolve_fields(checker)
    inverses = find_inverses(checker)
    by_name = {module.name: module for module in modules}
    collect_rows(checker, by_name)
    roles = collect_roles(checker)
    _make_schema(checker, inverses)
    collect_settings(checker)
    _check_definitions(checker)
    views_of = _check_views(checker)
    rights = RightsChecker(checker, roles).rights()
    _check_rest(checker, by_name)
    if rows:
        _check_rows(checker, by_name, rights)
    registry = _frozen(checker, by_name, rights, views_of, inverses, rows)
    check_translations(checker, registry, checker.schema.external_ids, tests=rows)
    return registry


def _read(
    modules: Sequence[ModuleSource],
    overlays: Sequence[Path],
    documents: Documents,
    diagnostics: Diagnostics,
    rows: bool,
) -> None:
    reader = StructureReader()
    left_out = frozenset() if rows else frozenset({TESTS})
    places = [(module.folder, module.shown_as, module.name) for module in modules]
    for folder, shown_as, name in places:
        files = FolderReader(folder, shown_as, name, reader, diagnostics)
        files.read_into(documents, left_out)
    for folder in overlays:
        if folder.is_dir():
            shown_as = shown_path(folder)
            files = FolderReader(folder, shown_as, None, reader, diagnostics)
            files.read_into(documents, left_out)


def _make_schema(checker: Checker, inverses: Inverses) -> None:
    formulas = Formulas(checker)
    schema, documents = checker.schema, checker.documents
    schema.settle_decision = DecisionChecker(checker).settled
    for entity in documents.entities.values():
        note_word(checker, entity)
    for trait in documents.traits.values():
        schema.traits[trait.id] = MemberMaker(trait, {}, checker, formulas).members()
    for entity in documents.entities.values():
        of_entity = inverses.get(entity.id, {})
        maker = MemberMaker(entity, of_entity, checker, formulas)
        schema.entities[entity.id] = maker.members()


def _check_definitions(checker: Checker) -> None:
    documents = checker.documents
    for trait in documents.traits.values():
        check_trait(checker, trait)
    for entity in documents.entities.values():
        check_entity(checker, entity)
        check_numbered(checker, entity)
    for workflow in documents.of("workflow", WorkflowDef).values():
        check_workflow(checker, workflow)
    for settings in documents.settings.values():
        check_settings(checker, settings)
    for id_ in documents.decisions:
        checker.schema.decision(id_)


def _check_views(checker: Checker) -> dict[tuple[str, str], ViewDef]:
    views = checker.documents.views
    good = {id_: view for id_, view in views.items() if check_view(checker, view)}
    views.clear()
    views.update(good)
    found = views_in_use(checker, good)
    for entity in checker.documents.entities.values():
        for type_, view in generated_views(checker, entity).items():
            found.setdefault((entity.id, type_), view)
    return found


def _check_rest(checker: Checker, modules: dict[str, ModuleSource]) -> None:
    check_mails(checker, modules)
    check_mailboxes(checker)
    check_webforms(checker)
    check_mappings(checker)
    check_assignments(checker)
    check_automations(checker)
    check_schedules(checker)
    check_flows(checker)
    check_clocks(checker)
    check_endpoints(checker)
    check_circles(checker)
    check_dashboards(checker)
    check_icons(checker)
    menus = checker.documents.menus
    for id_, menu in list(menus.items()):
        menus[id_] = checked_menu(checker, menu)


def _check_rows(
    checker: Checker, modules: dict[str, ModuleSource], rights: Rights
) -> None:
    """What only authors need to know: it takes time, and servers run without it."""
    check_behaviour(checker, rights)
    rows = DataChecker(checker, modules)
    for document in data_documents(checker):
        rows.check(document)
    check_scenarios(checker, modules)


def _by_module(documents: Documents) -> dict[str, Any]:
    return {
        "menus": MappingProxyType(documents.menus),
        "settings": MappingProxyType(documents.settings),
        "data": tuple(documents.of("data", DataDef).values()),
        "demo": tuple(documents.of("demo", DataDef).values()),
    }


def _reacting(documents: Documents) -> dict[str, Any]:
    automations = documents.of("automation", AutomationDef)
    clocks = documents.of("clock", ClockDef)
    return {
        "workflows": MappingProxyType(documents.of("workflow", WorkflowDef)),
        "automations": MappingProxyType(automations),
        "schedules": MappingProxyType(documents.of("schedule", ScheduleDef)),
        "scenarios": MappingProxyType(documents.of("test", ScenarioDef)),
        "flows": MappingProxyType(documents.of("flow", FlowDef)),
        "assignments": MappingProxyType(documents.of("assignment", AssignmentDef)),
        "clocks": MappingProxyType(clocks),
        "clocks_of": clocks_of(clocks),
        "hearing": hearing_of(documents),
        "mails": MappingProxyType(documents.of("mail", MailDef)),
        "mailboxes": MappingProxyType(documents.of("mailbox", MailboxDef)),
        "endpoints": MappingProxyType(documents.of("endpoint", EndpointDef)),
        "webforms": MappingProxyType(documents.of("webform", WebformDef)),
        "reactions": reactions_of(automations),
        "drawn_late": drawn_late(documents),
    }


def _frozen(
    checker: Checker,
    modules: dict[str, ModuleSource],
    rights: Rights,
    views_of: dict[tuple[str, str], ViewDef],
    inverses: Inverses,
    rows: bool,
) -> Registry:
    documents = checker.documents
    for members in (*checker.schema.traits.values(), *checker.schema.entities.values()):
        members.settle()
    translations = {
        language: MappingProxyType(texts)
        for language, texts in joined_translations(checker).items()
    }
    return Registry(
        modules=MappingProxyType(modules),
        entities=MappingProxyType(documents.entities),
        traits=MappingProxyType(documents.traits),
        choices=MappingProxyType(documents.choices),
        rights=rights,
        **_by_module(documents),
        numberings=MappingProxyType(documents.numberings),
        decisions=MappingProxyType(documents.decisions),
        **_reacting(documents),
        rows_checked=rows,
        views=MappingProxyType(documents.views),
        mappings=MappingProxyType(documents.of("mapping", MappingDef)),
        dashboards=MappingProxyType(documents.dashboards),
        views_of=MappingProxyType(views_of),
        translations=MappingProxyType(translations),
        inverses=MappingProxyType(
            {id_: MappingProxyType(names) for id_, names in inverses.items()}
        ),
        schema=checker.schema,
        expressions=MappingProxyType(checker.expressions),
        texts=MappingProxyType(checker.texts),
        origins=MappingProxyType(checker.origins),
        sources=MappingProxyType(checker.sources),
    )
