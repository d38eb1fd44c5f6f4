"""Operations of entities for the OpenAPI document.

Called by `openapi.py` for one caller's rights; an operation whose verb the caller does
not hold does not appear.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.compiler import AccessMap, CompiledEntity
from core.web.api.openapi_schemas import schema_name
from core.web.api.openapi_values import field_schema, ref
from core.web.api.parameters import COUNT_PARAMETERS, LIST_PARAMETERS
from core.web.api.related import relation_of

Part = dict[str, Any]
_READ_ERRORS = ("400 BadRequest", "401 NotSignedIn", "403 NotAllowed")
_WRITE_ERRORS = (
    *_READ_ERRORS,
    *("409 Conflict", "413 TooLarge", "415 WrongMediaType", "422 Invalid"),
)
_ONE = ("404 NotFound",)


class EntityPaths:
    """Makes the paths of one entity."""

    def __init__(self, whole: CompiledEntity, rights: AccessMap) -> None:
        self.whole = whole
        self.rights = rights
        self.id = whole.id
        self.root = "/" + whole.id.replace(".", "/")
        self.paths: dict[str, Part] = {}

    def can(self, verb: str) -> bool:
        """Whether the caller holds the verb on some rows."""
        return self.rights.entity(self.id).can(verb)

    def make(self) -> dict[str, Part]:
        """Return path -> operations by method."""
        if self.can("read"):
            self._reading()
        self._writing()
        self._actions()
        return self.paths

    def _reading(self) -> None:
        plural, record = self.whole.plural, f"{self.root}/{{id}}"
        lists = [*LIST_PARAMETERS]
        self._add(self.root, "get", "list", f"List {plural}", lists, answer="Page")
        self._add(
            f"{self.root}/count",
            "get",
            "count",
            f"Count {plural}",
            [*COUNT_PARAMETERS],
            shared="Count",
        )
        self._add(
            f"{self.root}/lookup",
            "get",
            "look_up",
            f"Find {plural} by a text",
            ["q", "limit"],
            shared="Found",
        )
        self._add(
            record,
            "get",
            "get",
            f"Get one {self.whole.label}",
            ["id", "fields", "titles", "if_none_match"],
            answer="",
            errors=(*_READ_ERRORS, *_ONE),
        )
        for inner, shared in (("history", "History"), ("actions", "Actions")):
            self._add(
                f"{record}/{inner}",
                "get",
                inner,
                f"{inner.capitalize()} of one {self.whole.label}",
                ["id"],
                shared=shared,
                errors=(*_READ_ERRORS, *_ONE),
            )
        for relation in (*self.whole.lines, *self.whole.inverses):
            found = relation_of(self.whole, relation)
            if found is None or not self.rights.entity(found.entity).can("read"):
                continue
            self._add(
                f"{record}/related/{relation}",
                "get",
                f"related_{relation}",
                f"{relation.replace('_', ' ').capitalize()} of one {self.whole.label}",
                ["id", *LIST_PARAMETERS],
                shared=schema_name(found.entity, "Page"),
                errors=(*_READ_ERRORS, *_ONE),
            )

    def _writing(self) -> None:
        label, record = self.whole.label, f"{self.root}/{{id}}"
        warnings = ["accept_warnings", "titles", "idempotency_key"]
        based = ["id", "if_match", *warnings]
        one = (*_WRITE_ERRORS, *_ONE)
        if self.can("create"):
            self._write(self.root, "post", "create", f"Create a {label}", warnings)
        if self.can("update"):
            self._write(record, "patch", "update", f"Change a {label}", based, one)
        if self.can("create") or self.can("update"):
            self._write(
                f"{self.root}/bulk",
                "post",
                "bulk",
                f"Write many {self.whole.plural} in one transaction",
                ["idempotency_key"],
            )
            self._add(
                f"{self.root}/evaluate",
                "post",
                "evaluate",
                f"Work out a draft of a {label}",
                [],
                shared="FormState",
                body="Draft",
                errors=_WRITE_ERRORS,
            )
        archives = self.whole.definition.archive
        if self.can("delete") or (archives and self.can("archive")):
            summary = f"{'Archive' if archives else 'Delete'} a {label}"
            self._add(
                record,
                "delete",
                "delete",
                summary,
                ["id", "if_match", "permanent", "idempotency_key"],
                errors=one,
            )
        if archives and self.can("archive"):
            for verb in ("archive", "restore"):
                self._add(
                    f"{record}/{verb}",
                    "post",
                    verb,
                    f"{verb.capitalize()} a {label}",
                    ["id", "if_match", "idempotency_key"],
                    answer="",
                    body="Versioned",
                    errors=one,
                )

    def _write(
        self,
        path: str,
        method: str,
        name: str,
        summary: str,
        parameters: list[str],
        errors: Iterable[str] = _WRITE_ERRORS,
    ) -> None:
        body = schema_name(self.id, name.capitalize())
        shared = "BulkOutcome" if name == "bulk" else None
        self._add(
            path,
            method,
            name,
            summary,
            parameters,
            answer="",
            shared=shared,
            body=body,
            errors=errors,
            status="201" if name == "create" else "200",
        )

    def _actions(self) -> None:
        for id_, action in self.whole.actions.items():
            if not (self.rights.admin or self.can(id_)):
                continue
            ask = {name: field_schema(field) for name, field in action.ask.items()}
            body: Part = {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "version": {"type": ["integer", "null"], "minimum": 1},
                    "ask": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": ask,
                    },
                },
            }
            self._add(
                f"{self.root}/{{id}}/actions/{id_}",
                "post",
                f"do_{id_}",
                f"{action.label} ({self.whole.label})",
                ["id", "if_match", "titles", "idempotency_key"],
                answer="",
                inline=body,
                errors=(*_WRITE_ERRORS, *_ONE),
            )

    def _add(
        self,
        path: str,
        method: str,
        name: str,
        summary: str,
        parameters: list[str],
        *,
        answer: str | None = None,
        shared: str | None = None,
        body: str | None = None,
        inline: Part | None = None,
        errors: Iterable[str] = _READ_ERRORS,
        status: str = "200",
    ) -> None:
        operation: Part = {
            "operationId": f"{self.id.replace('.', '_')}_{name}",
            "tags": [self.id],
            "summary": summary,
            "parameters": [ref("parameters", one) for one in parameters],
            "responses": self._responses(method, status, answer, shared, errors),
        }
        given = inline or (ref("schemas", body) if body else None)
        if given is not None:
            operation["requestBody"] = {
                "required": body not in (None, "Versioned"),
                "content": {"application/json": {"schema": given}},
            }
        self.paths.setdefault(path, {})[method] = operation

    def _responses(
        self,
        method: str,
        status: str,
        answer: str | None,
        shared: str | None,
        errors: Iterable[str],
    ) -> Part:
        told = {
            code: ref("responses", name)
            for code, name in (one.split() for one in (*errors, "503 Unavailable"))
        }
        if method == "delete":
            return {"204": {"description": "Done."}, **told}
        name = shared
        if name is None:
            readable = self.can("read")
            name = schema_name(self.id, answer or "") if readable else "Versioned"
        shown = {"application/json": {"schema": ref("schemas", name)}}
        good: Part = {"description": "Done.", "content": shown}
        tag = {"description": "Changes with the record.", "schema": {"type": "string"}}
        if answer == "" and shared is None:
            good["headers"] = {"ETag": tag}
        found = {status: good, **told}
        if method == "get" and answer == "":
            found["304"] = {"description": "The record still looks the same."}
        return found
