"""Operations of entities for the OpenAPI document.

Called by `openapi.py` for one caller's rights; an operation whose verb the caller does
not hold does not appear.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.compiler import (
    AccessMap,
    Compiled,
    CompiledAction,
    CompiledEntity,
    EntityAccess,
    MapRecords,
)
from core.web.api.envelopes import MOST_CHOSEN
from core.web.api.openapi_more import clocks_of_one, more_of_all, more_of_one
from core.web.api.openapi_operation import (
    BASED,
    ONE,
    READ_ONE,
    WARNED,
    WRITE,
    WRITE_ONE,
    Operation,
    described,
)
from core.web.api.openapi_schemas import schema_name
from core.web.api.openapi_values import always_required, field_schema, record_id
from core.web.api.parameters import COUNT_PARAMETERS, LIST_PARAMETERS
from core.web.api.related import followed, relation_of
from core.web.api.transfer import EXPORT_PARAMETERS, IMPORT_PARAMETERS

Part = dict[str, Any]


def paths_of(
    compiled: Compiled, whole: CompiledEntity, rights: AccessMap
) -> dict[str, Part]:
    """Return path -> operations by method of one entity."""
    root = "/" + whole.id.replace(".", "/")
    paths: dict[str, Part] = {}
    for operation in operations_of(compiled, whole, rights):
        at = paths.setdefault(root + operation.tail, {})
        at[operation.method] = described(whole.id, operation)
    return paths


def operations_of(
    compiled: Compiled, whole: CompiledEntity, rights: AccessMap
) -> Iterator[Operation]:
    """The operations of an entity that the caller may use."""
    access = rights.entity(whole.id)
    shown = schema_name(whole.id) if access.can("read") else "Versioned"
    if access.can("read"):
        yield from _lists(whole)
        yield from _reads(whole, rights.admin)
        yield from _related(compiled, whole, rights)
        yield from more_of_all(whole)
        yield from more_of_one(whole, access, rights.admin)
        if compiled.registry.clocks_of.get(whole.id):
            yield clocks_of_one(whole)
        if whole.duplicates is not None:
            yield from _suspects(whole)
            if access.can("merge"):
                yield _merging(whole, shown)
                yield from _parting(whole)
    if access.can("create") or access.can("update"):
        yield from _changes(whole, access, shown)
    archives = whole.definition.archive and access.can("archive")
    yield from _files(whole, access.can("import"), access.can("export"))
    if access.can("delete") or archives:
        yield from _removals(whole, archives, shown)
    for action in whole.actions.values():
        if not (rights.admin or access.can(action.id)):
            continue
        if action.definition.place != "list":
            yield _pressing(whole, action, shown)
        if action.definition.place != "record":
            yield _pressing_many(whole, action)


def _lists(whole: CompiledEntity) -> Iterator[Operation]:
    plural, page = whole.plural, schema_name(whole.id, "Page")
    listed, counted = (*LIST_PARAMETERS, "saved"), (*COUNT_PARAMETERS, "saved")
    yield Operation("", "get", "list", f"List {plural}", listed, page)
    yield Operation("/count", "get", "count", f"Count {plural}", counted, "Count")
    yield Operation(
        "/lookup",
        "get",
        "look_up",
        f"Find {plural} by a text",
        ("q", "limit", "for", "values"),
        "Found",
    )


def _reads(whole: CompiledEntity, admin: bool) -> Iterator[Operation]:
    yield Operation(
        ONE,
        "get",
        "get",
        f"Get one {whole.label}",
        ("id", "fields", "titles", "if_none_match"),
        schema_name(whole.id),
        errors=READ_ONE,
        tagged=True,
    )
    for tail, answer, more in (
        ("history", "History", ("limit",)),
        ("actions", "Actions", ()),
        *((("transitions", "Actions", ()),) if whole.workflows else ()),
        *((("explain", "Reasons", ("user", "verb")),) if admin else ()),
    ):
        yield Operation(
            f"{ONE}/{tail}",
            "get",
            tail,
            f"{tail.capitalize()} of one {whole.label}",
            ("id", *more),
            answer,
            errors=READ_ONE,
        )


def _suspects(whole: CompiledEntity) -> Iterator[Operation]:
    tail, label = "duplicates", whole.label
    pairs = f"Pairs of {whole.plural} that may be the same"
    yield Operation(f"/{tail}", "get", tail, pairs, ("limit",), "SuspectedPairs")
    yield Operation(
        f"/{tail}",
        "post",
        "similar",
        f"Find {whole.plural} like a draft",
        (),
        "Suspects",
        "Draft",
        WRITE_ONE,
    )
    different = f"Pairs of {whole.plural} that are not the same"
    yield Operation(f"/{tail}/apart", "get", "apart", different, (), "PairsApart")
    yield Operation(
        f"{ONE}/{tail}",
        "get",
        "likes",
        f"Find {whole.plural} like one {label}",
        ("id",),
        "Suspects",
        errors=READ_ONE,
    )


def _parting(whole: CompiledEntity) -> Iterator[Operation]:
    """Pairs that look alike and are not the same."""
    for tail, label in (("apart", "Keep two {} apart"), ("together", "Compare two {}")):
        yield Operation(
            f"/duplicates/{tail}",
            "post",
            "keep_apart" if tail == "apart" else "bring_together",
            label.format(whole.plural),
            (),
            "PairOfIds",
            "PairOfIds",
            WRITE_ONE,
        )


def _merging(whole: CompiledEntity, shown: str) -> Operation:
    return Operation(
        f"{ONE}/merge",
        "post",
        "merge",
        f"Merge other {whole.plural} into one",
        (*BASED, "titles", "idempotency_key"),
        shown,
        "Merging",
        WRITE_ONE,
        tagged=True,
    )


def _related(
    compiled: Compiled, whole: CompiledEntity, rights: AccessMap
) -> Iterator[Operation]:
    for name in followed(compiled, whole, rights):
        found = relation_of(whole, name)
        assert found is not None
        yield Operation(
            f"{ONE}/related/{name}",
            "get",
            f"related_{name}",
            f"{name.replace('_', ' ').capitalize()} of one {whole.label}",
            ("id", *LIST_PARAMETERS),
            schema_name(found.entity, "Page"),
            errors=READ_ONE,
        )


def _changes(
    whole: CompiledEntity, access: EntityAccess, shown: str
) -> Iterator[Operation]:
    label = whole.label
    made = Operation(
        "",
        "post",
        "create",
        f"Create a {label}",
        WARNED,
        shown,
        schema_name(whole.id, "Create"),
        WRITE,
        "201",
        tagged=True,
    )
    changed = Operation(
        ONE,
        "patch",
        "update",
        f"Change a {label}",
        (*BASED, *WARNED),
        shown,
        schema_name(whole.id, "Update"),
        WRITE_ONE,
        tagged=True,
    )
    yield from [made] * access.can("create")
    yield from [changed] * access.can("update")
    yield from _together(whole, access.can("bulk"))


def _together(whole: CompiledEntity, together: bool) -> Iterator[Operation]:
    """Many writes at once, and a draft that writes nothing."""
    many = Operation(
        "/bulk",
        "post",
        "bulk",
        f"Write many {whole.plural} in one transaction",
        ("idempotency_key",),
        "BulkOutcome",
        schema_name(whole.id, "Bulk"),
        WRITE,
    )
    yield from [many] * together
    about = f"Work out a draft of a {whole.label}"
    yield Operation(
        "/evaluate", "post", "evaluate", about, (), "FormState", "Draft", WRITE
    )


def _files(whole: CompiledEntity, imports: bool, exports: bool) -> Iterator[Operation]:
    """Files in and out."""
    taken = Operation(
        "/import",
        "post",
        "import",
        f"Import {whole.plural} from a file",
        IMPORT_PARAMETERS,
        "ImportReport",
        errors=WRITE,
        takes_file=True,
    )
    given = Operation(
        "/export",
        "get",
        "export",
        f"Export {whole.plural} as a file",
        EXPORT_PARAMETERS,
        gives_file=True,
    )
    if whole.owner is None:
        yield from [taken] * imports
        yield from [given] * exports


def _removals(whole: CompiledEntity, archives: bool, shown: str) -> Iterator[Operation]:
    yield Operation(
        ONE,
        "delete",
        "delete",
        f"{'Archive' if archives else 'Delete'} a {whole.label}",
        (*BASED, "permanent", "idempotency_key"),
        errors=WRITE_ONE,
        status="204",
    )
    for verb in ("archive", "restore") if archives else ():
        yield Operation(
            f"{ONE}/{verb}",
            "post",
            verb,
            f"{verb.capitalize()} a {whole.label}",
            (*BASED, "titles", "idempotency_key"),
            shown,
            "Versioned",
            WRITE_ONE,
            tagged=True,
            optional_body=True,
        )


def _answers(action: CompiledAction) -> tuple[Part, bool]:
    """The schema of the answers to a button, and whether there must be some."""
    ask = {name: field_schema(field) for name, field in action.ask.items()}
    answers: Part = {
        "type": "object",
        "additionalProperties": False,
        "properties": ask,
    }
    needed = [name for name, field in action.ask.items() if always_required(field)]
    if needed:
        answers["required"] = needed
    return answers, bool(needed)


def _pressing_many(whole: CompiledEntity, action: CompiledAction) -> Operation:
    answers, needed = _answers(action)
    parts: dict[str, Part] = {"ask": answers}
    wanted = ["ask"] if needed else []
    if action.definition.place == "selection":
        ids = {"type": "array", "items": record_id(), "minItems": 1}
        parts["ids"] = {**ids, "maxItems": MOST_CHOSEN}
        wanted.append("ids")
    return Operation(
        f"/actions/{action.id}",
        "post",
        f"do_{action.id}_to_many" if "ids" in parts else f"do_{action.id}",
        f"{action.label} ({whole.plural})",
        ("idempotency_key",),
        "ActionOutcome",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": parts,
            **({"required": wanted} if wanted else {}),
        },
        WRITE,
        optional_body=not wanted,
    )


def _pressing(whole: CompiledEntity, action: CompiledAction, shown: str) -> Operation:
    answers, needed = _answers(action)
    version = {"type": ["integer", "null"], "minimum": 1}
    taking = {"take": _take()} if _maps(action) else {}
    return Operation(
        f"{ONE}/{'transitions' if action.move else 'actions'}/{action.id}",
        "post",
        f"do_{action.id}",
        f"{action.label} ({whole.label})",
        (*BASED, "titles", "idempotency_key"),
        shown,
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"version": version, "ask": answers, **taking},
            **({"required": ["ask"]} if needed else {}),
        },
        WRITE_ONE,
        tagged=True,
        optional_body=not needed,
    )


def _take() -> dict[str, Any]:
    """Mapping -> its lines -> source row -> how much of what is open."""
    amount = {"type": ["string", "number"]}
    lines = {"type": "object", "additionalProperties": amount}
    mapping = {"type": "object", "additionalProperties": lines}
    return {"type": "object", "additionalProperties": mapping}


def _maps(action: CompiledAction) -> bool:
    return any(isinstance(effect, MapRecords) for effect in action.effects)
