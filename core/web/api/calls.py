"""One call to the API: which entity, who asks, and how reading and writing are done.

The views build on `Call`. Every write goes through `Call.write`, so idempotency keys,
the transaction and the answer hang together for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from core.compiler import Compiled, CompiledEntity
from core.diagnostics import suggestion
from core.expressions import Record
from core.fieldtypes.secrets import Sealed, SecretBox
from core.frozen import frozen
from core.services import (
    Actor,
    BadQuery,
    Query,
    Reader,
    Transaction,
    ValidationFailed,
)
from core.services.filters import user_filter
from core.services.idempotency import LONGEST_KEY, KeptAnswer, claim, keep
from core.web.api.bodies import read_bytes
from core.web.api.credentials import Caller, caller_about
from core.web.api.parts import parts_digest
from core.web.api.refusals import Refusal, bad_request
from core.web.api.rendering import Renderer, Titles, build_renderer, everything
from core.web.state import application
from core.web.wording import language

_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
Work = Callable[[Transaction], Response]


@frozen
class Call:
    """A call about one entity by a caller whose credential covers it."""

    caller: Caller
    compiled: Compiled
    entity: CompiledEntity

    @property
    def id(self) -> str:
        """The id of the entity."""
        return self.entity.id

    def reads(self, entity: str) -> bool:
        """Whether the caller's credential reaches records of another entity."""
        return self.caller.covers(entity, "read")

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Lend a Reader for the caller."""
        with application().reader(self.caller.actor) as reader:
            yield reader

    def write(self, work: Work) -> Response:
        """Do some work in one transaction; a repeated idempotency key only once."""
        try:
            return write_once(self.caller.actor, work)
        except ValidationFailed as failed:
            raise self._worded(failed) from failed

    def _worded(self, failed: ValidationFailed) -> ValidationFailed:
        """The same refusal with messages in the language of the caller."""
        if language() == "en":
            return failed
        from core.web.pages.problem_texts import worded
        from core.web.pages.screen import screen_of

        problems = worded(screen_of(self.id), failed.problems)
        told = type(failed)(problems)
        told.facts.update(failed.facts)
        return told

    # -- showing records ----------------------------------------------------------

    def renderer(
        self, reader: Reader, fields: Sequence[str] = (), entity: str | None = None
    ) -> Renderer:
        """The renderer of a list of fields, made once per role set."""
        shown, compiled = entity or self.id, self.compiled
        actor = self.caller.actor
        key = ("api renderer", shown, actor.roles, actor.is_admin, tuple(fields))

        def make() -> Renderer:
            def readable(one: str) -> frozenset[str]:
                return reader.access.of(one).readable

            return build_renderer(compiled, shown, readable, fields)

        found: Renderer = reader.runtime.plans.get(key, make)
        return found

    def rendered(
        self,
        reader: Reader,
        records: Sequence[Record],
        renderer: Renderer,
        titles: bool = False,
    ) -> list[dict[str, Any]]:
        """The records as plain values, on request with the titles of their links."""
        known: Titles | None = None
        if titles:
            known = {
                entity: reader.titles(entity, sorted(ids))
                for entity, ids in renderer.wanted(records).items()
                if self.caller.covers(entity, "read")
            }
        return [renderer.render(record, known) for record in records]

    def one(
        self,
        reader: Reader,
        id_: int,
        fields: tuple[str, ...] = (),
        titles: bool = False,
    ) -> dict[str, Any]:
        """One record as plain values; NotFound if the caller may not see it."""
        readable = reader.access.of(self.id).readable
        names = fields or tuple(everything(self.entity, readable))
        query = Query(id=id_, fields=names, limit=1, archived="yes", titles=False)
        page = reader.search(self.id, query)
        if not page.items:
            raise reader.not_found(self.id, id_)
        renderer = self.renderer(reader, names)
        return self.rendered(reader, page.items, renderer, titles)[0]

    @contextmanager
    def working_out(self, query: Query) -> Iterator[None]:
        """Turn a failure over the values of a filter into BadQuery.

        A filter may be well formed and still ask for the 99th of a month.
        """
        try:
            yield
        except (sa.exc.StatementError, OverflowError) as error:
            if query.filter is None:
                raise
            raise BadQuery(
                "The filter cannot be worked out for these values: one of them is out "
                "of range.",
                parameter="filter",
            ) from error

    def check_paths(self, reader: Reader, entity: str, query: Query) -> None:
        """Refuse a filter that does not stand alone, or leaves the key's scopes."""
        paths = [tuple(name.split(".")) for name in query.fields]
        paths += [tuple(name.lstrip("+-").split(".")) for name in query.order]
        if query.filter is not None:
            typed = user_filter(reader.runtime, reader.access, entity, query.filter)
            paths += typed.reads
        self.caller.require_paths(self.compiled, entity, paths)


def write_once(actor: Actor, work: Work, box: SecretBox | None = None) -> Response:
    """Do some work in one transaction; a repeated idempotency key only once.

    box: encrypts the answer that is kept, where it holds a secret.
    """
    key = _idempotency_key()
    number = actor.user_id or 0
    with application().transaction(actor, via="api") as tx:
        if key is None:
            return work(tx)
        # The lock first: the answer of somebody before must be seen.
        tx.scene.begin_writing()
        connection, hash_ = tx.scene.connection, _request_hash()
        kept = claim(connection, number, key, hash_)
        if kept is not None:
            return _replayed(kept, box)
        response = work(tx)
        keep(connection, number, key, hash_, _kept(response, box))
    return response


def open_call(module: str, name: str, kind: str) -> Call:
    """Return the call about `module/name`; 401, 404 or 403 as the case may be."""
    compiled: Compiled = application().compiled
    id_ = f"{module}.{name}"
    asking = caller_about(id_)
    if id_ not in compiled.registry.entities or not served(compiled, id_):
        rights = compiled.access.of(asking.actor.roles, admin=asking.actor.is_admin)
        known = [
            one
            for one in compiled.ids()
            if served(compiled, one) and rights.entity(one).can("read")
        ]
        tail = suggestion(id_, known)
        detail = f"There is no entity '{id_[:100]}'.{tail}"
        raise Refusal(404, "not_found", detail)
    asking.require(id_, kind)
    return Call(asking, compiled, compiled.entity(id_))


def served(compiled: Compiled, entity: str) -> bool:
    """Whether the definition leaves the entity in the API (`api: false` does not)."""
    return compiled.registry.entities[entity].api


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    plain = key.isascii() and key.isprintable()
    if not key.strip() or len(key) > LONGEST_KEY or not plain:
        raise bad_request(
            f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters.",
            header="Idempotency-Key",
        )
    return key


def _request_hash() -> str:
    head = (request.method, request.full_path, request.headers.get("If-Match", ""))
    digest = hashlib.sha256("\n".join(head).encode("utf-8", "surrogateescape"))
    if request.mimetype == "multipart/form-data":
        digest.update(b"\n" + parts_digest(request))
    else:
        digest.update(b"\n" + read_bytes(request))
    return digest.hexdigest()


def _kept(response: Response, box: SecretBox | None) -> KeptAnswer:
    headers = {
        name: response.headers[name]
        for name in _KEPT_HEADERS
        if name in response.headers
    }
    body = response.get_data(as_text=True)
    shut = body if box is None else box.seal(body).token
    return KeptAnswer(response.status_code, shut, headers)


def _replayed(kept: KeptAnswer, box: SecretBox | None) -> Response:
    body = kept.body if box is None else box.open(Sealed(kept.body))
    response = Response(body, kept.status, headers=dict(kept.headers))
    response.headers["Idempotent-Replay"] = "true"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
