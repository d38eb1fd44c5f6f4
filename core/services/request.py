"""What a reader asks for and gets back: Query, Page, Outcome, FormState.

Written by pages, API, exchange and jobs; answered by core.services.query and write.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from core.expressions.record import Record
from core.frozen import frozen
from core.services.errors import Problem


@frozen
class Candidates:
    """Restrict a search to what a link field may pick: its `where` over `values`.

    With `action` the field is one of that button's small form, at the record `record`.
    """

    entity: str
    field: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    action: str | None = None
    record: int | None = None


@frozen
class Query:
    """One question to one entity.

    `filter` is an expression as users may write it; `named` are filters of the
    definition; `search` is the text of the search box; `order` holds paths, `-` in
    front for descending; `fields` may hold paths of up to 3 steps and is empty for
    all readable fields; `cursor` continues a page, `offset` is the costly
    alternative; `id` asks for one record.
    """

    filter: str | None = None
    named: tuple[str, ...] = ()
    search: str | None = None
    order: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    limit: int = 25
    cursor: str | None = None
    offset: int | None = None
    count: Literal["none", "exact", "estimate"] = "none"
    archived: Literal["no", "yes", "only"] = "no"
    candidates: Candidates | None = None
    titles: bool = True
    id: int | None = None


@frozen
class Page:
    """The answer: records, the cursor of the next page, and the count if asked for."""

    items: tuple[Record, ...]
    next: str | None = None
    count: int | None = None
    estimated: bool = False


@frozen
class Outcome:
    """What became of one row of a bulk write: its id, or its problems."""

    id: int | None
    problems: tuple[Problem, ...] = ()
    action: Literal["created", "updated", "unchanged", "deleted", "refused"] = "created"


@frozen
class FormState:
    """A draft as the form shall show it; nothing of it is written.

    `values` holds each field's value after defaults, derives and formulas; the sets
    name the fields that are to be seen, filled, and left alone. `hidden` names fields
    whose stored value the actor may not read: an empty input says nothing of them.
    `similar` are stored records that may be the same as this draft.
    """

    values: Mapping[str, Any]
    visible: frozenset[str]
    required: frozenset[str]
    readonly: frozenset[str]
    problems: tuple[Problem, ...] = ()
    hidden: frozenset[str] = frozenset()
    similar: tuple[Suspect, ...] = ()


@frozen
class Suspect:
    """A record that may stand for the same thing as another one.

    `score`: how much they are alike, in percent; `why` names the fields that agree.
    """

    id: int
    title: str
    subtitle: str | None
    score: int
    why: tuple[str, ...]


@frozen
class Found:
    """One hit of a look-up: id, title and the quiet second line."""

    id: int
    title: str
    subtitle: str | None = None
