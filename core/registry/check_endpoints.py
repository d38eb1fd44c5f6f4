"""Checks endpoints: their address, who may call, the body, what is done and answered.

Called by core.registry.build; the checked expressions stand under `endpoint <id>/...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.definitions import EndpointDef, FlowDef
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.schema import MemberKind
from core.expressions.slots import VALUE
from core.expressions.types import RELATIONAL, Kind, Type
from core.fieldtypes.files import read_size
from core.registry.check_effects import EffectChecker
from core.registry.check_fields import FieldChecker
from core.registry.check_flows import STEP_STATES
from core.registry.check_roles import check_roles
from core.registry.checker import Checker

_PATH = re.compile(r"(/[a-z0-9][a-z0-9_-]*)+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_SECRET = re.compile(r"settings\.([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
_WITH_ACCOUNT = ("bearer", "key")
_MOST_BYTES = 10_000_000
#: First parts of addresses that are the platform's own.
_TAKEN = ("auth", "docs", "files", "openapi", "mappings")


def check_endpoints(checker: Checker) -> None:
    """Check all endpoints; of two with one address the second is reported."""
    seen: set[tuple[str, str]] = set()
    for endpoint in checker.documents.of("endpoint", EndpointDef).values():
        _Endpoint(checker, endpoint).check()
        address = (endpoint.method, endpoint.path)
        if address in seen:
            text = f"another endpoint is called by {' '.join(address)} already"
            checker.diagnostics.error("E302", text, endpoint.at("path"))
        seen.add(address)


class _Endpoint:
    def __init__(self, checker: Checker, endpoint: EndpointDef) -> None:
        self._checker = checker
        self._endpoint = endpoint
        self._at = f"endpoint {endpoint.id}"
        self._module = endpoint.id.partition(".")[0]

    def check(self) -> None:
        """Check everything that the endpoint says."""
        endpoint, checker = self._endpoint, self._checker
        for code, text, span, help_ in self._wrong():
            checker.diagnostics.error(code, text, span, help=help_)
        check_roles(checker, endpoint.id, endpoint.roles, endpoint.at("roles"))
        names = self._body()
        key = checker.expression(
            endpoint.key, f"{self._at}/key", None, VALUE, names=names
        )
        if key is not None and key.type.kind in (Kind.LIST, Kind.JSON):
            text = f"a key is one value, this is {key.type}"
            checker.diagnostics.error("E419", text, endpoint.at("key"))
        root = self._record(names)
        effects = EffectChecker(checker, self._module, root)
        known = effects.check(endpoint.do, f"{self._at}/do", names)
        self._flow(root, known)
        for index, answer in enumerate(endpoint.answers):
            at = f"{self._at}/answers/{index}"
            checker.condition(answer.when, f"{at}/when", root, VALUE, known)
            if not 200 <= answer.status <= 499:
                text = "a status is from 200 to 499"
                checker.diagnostics.error("E205", text, answer.at("status"))
            for name, value in answer.body.items():
                place = f"{at}/body/{name}"
                checker.expression(value.expr, place, root, VALUE, names=known)

    def _wrong(self) -> Iterator[tuple[str, str, Span, str | None]]:
        one = self._endpoint
        if not _PATH.fullmatch(one.path):
            text = f"'{one.path}' is no path; write small letters like /visits/planned"
            yield "E205", text, one.at("path"), None
        elif one.path.split("/")[1] in _TAKEN:
            text = f"addresses below '/{one.path.split('/')[1]}' are the platform's"
            yield "E205", text, one.at("path"), "begin with the module's name"
        if not one.auth:
            yield "E204", "nobody may call it", one.at("auth"), "name a way in"
        if one.roles and not set(one.auth) & set(_WITH_ACCOUNT):
            text = "roles are held by people with an account, and none may call"
            yield "E205", text, one.at("roles"), "add 'bearer' or 'key' to 'auth'"
        yield from self._secret()
        size = read_size(one.max_size)
        if size is None or not 0 < size <= _MOST_BYTES:
            text = f"'{one.max_size}' is no size up to 10 MB"
            yield "E205", text, one.at("max_size"), "write it like 1 MB"
        throttle = one.throttle
        if throttle is not None and (
            throttle.most < 1 or throttle.within.total_seconds() < 1
        ):
            yield "E205", "this lets nobody in", throttle.span, None
        if not one.do and one.flow is None:
            yield "E204", "the call does nothing", one.span, "add 'do' or 'flow'"

    def _secret(self) -> Iterator[tuple[str, str, Span, str | None]]:
        one = self._endpoint
        if one.secret is None:
            if "signature" in one.auth:
                help_ = "name a setting of the type 'secret': settings.module.name"
                yield "E204", "what are calls signed with?", one.at("auth"), help_
            return
        hit, span = _SECRET.fullmatch(one.secret), one.at("secret")
        document = self._checker.documents.settings.get(hit[1]) if hit else None
        field = document.fields.get(hit[2]) if hit and document else None
        if field is None or field.type != "secret":
            text = f"'{one.secret[:80]}' is no setting of the type 'secret'"
            yield "E402", text, span, "a secret never stands in a definition"

    def _body(self) -> dict[str, Type]:
        checker, names = self._checker, {}
        fields = FieldChecker(checker, "")
        for name, field in self._endpoint.body.items():
            if not _NAME.fullmatch(name):
                text = f"'{name}' is no name that an expression can read"
                span = self._endpoint.body.key_span(name)
                checker.diagnostics.error("E205", text, span)
                continue
            kind = checker.catalog.get(field.type)
            if kind is not None and kind.member_kind is not MemberKind.COLUMN:
                text = f"a {field.type} is no value of a call"
                help_ = "take an id as an integer, several values as json"
                checker.diagnostics.error("E205", text, field.at("type"), help=help_)
            elif kind is not None:
                fields.check(field)
                context = checker.context("", field)
                names[f"body.{name}"] = kind.expression_type(field, context)
        return names

    def _record(self, names: dict[str, Type]) -> str | None:
        record = self._endpoint.record
        typed = self._checker.expression(
            record, f"{self._at}/record", None, VALUE, names=names
        )
        if typed is None:
            return None
        if typed.type.kind in RELATIONAL and len(typed.type.entities) == 1:
            return typed.type.entities[0]
        text = f"a record is needed here, this is {typed.type}"
        help_ = "such as first(rows(library.book, code=body.code))"
        span = self._endpoint.at("record")
        self._checker.diagnostics.error("E419", text, span, help=help_)
        return None

    def _flow(self, root: str | None, known: dict[str, Type]) -> None:
        id_, checker = self._endpoint.flow, self._checker
        if id_ is None:
            return
        flows, span = checker.documents.of("flow", FlowDef), self._endpoint.at("flow")
        if not checker.dependencies.check(self._module, "flow", id_, flows, span):
            return
        flow = flows[id_]
        if flow.subject != root:
            text = f"the flow is about {flow.subject}, this is {root or 'no record'}"
            help_ = "say at 'record' which one"
            checker.diagnostics.error("E419", text, span, help=help_)
        for name in flow.input:
            if name not in self._endpoint.body:
                near = did_you_mean(name, tuple(self._endpoint.body))
                text = f"the flow is handed '{name}', and the body has none"
                if flow.input[name].required is True:
                    checker.diagnostics.error("E204", text, span, help=near)
        known |= {f"steps.{n}.state": types.choice(*STEP_STATES) for n in flow.steps}
