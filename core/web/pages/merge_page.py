"""Records side by side, to be made one: which stays, and which value of each field.

Registered by `register`; reached from a record, from a selection of the list and from
the page of possible duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.expressions import Record
from core.services import Reader, StaleRecord, Suspect, ValidationFailed
from core.services.merging import MOST, check_mergeable, preview, takeable
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.duplicates_page import similar_rows
from core.web.pages.inputs import wanted_titles
from core.web.pages.list_frame import module_label
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, open_screen
from core.web.pages.texts import Texts
from core.web.wording import say

_TAKE = "take-"
Titles = Mapping[tuple[str, int], str]


@login_required_page
def compare_records(module: str, name: str) -> ResponseReturnValue:
    """The records of the address side by side; with one, those that may be like it."""
    screen = open_screen(module, name, "merge")
    ids = _ids(request.args.getlist("ids"))
    if len(ids) < 2:
        return _choose_page(screen, ids)
    return _page(screen, ids, "")


@login_required_page
def merge_records(module: str, name: str) -> ResponseReturnValue:
    """Merge as chosen; what somebody changed meanwhile is shown and asked again."""
    screen = open_screen(module, name, "merge")
    ids = _ids(request.form.getlist("ids"))
    keep = request.form.get("keep", "")
    survivor = int(keep) if keep.isdecimal() and int(keep) in ids else min(ids)
    take = {
        key.removeprefix(_TAKE): int(value)
        for key, value in request.form.items()
        if key.startswith(_TAKE) and value.isdecimal()
    }
    versions = {id_: request.form.get(f"version-{id_}", type=int) or 0 for id_ in ids}
    others = [id_ for id_ in ids if id_ != survivor]
    try:
        with screen.writing() as tx:
            tx.merge(screen.id, survivor, others, take, versions)
    except StaleRecord:
        text = say("Somebody changed one of the records meanwhile. Look once more.")
        return _page(screen, ids, text), 409
    except ValidationFailed as refused:
        found = worded(screen, refused.problems)
        return _page(screen, ids, " ".join(one.message for one in found)), 422
    plural = screen.labels.plural(screen.entity)
    notify(say("{number} {what} are one now.", number=len(ids), what=plural))
    return redirect(screen.href(survivor))


def _ids(texts: Sequence[str]) -> list[int]:
    found = [int(one) for text in texts for one in text.split(",") if one.isdecimal()]
    return list(dict.fromkeys(one for one in found if one < 2**63))[: MOST + 1]


def _choose_page(screen: Screen, ids: Sequence[int]) -> ResponseReturnValue:
    """Asks with which other record this one is to be merged."""
    with screen.reading() as reader:
        heading = say("Merge")
        similar: tuple[Suspect, ...] = ()
        if ids:
            heading = reader.title(screen.id, ids[0]) or heading
            similar = reader.similar(screen.id, ids[0])
    return render_template(
        "pages/merge_choose.html",
        screen=screen,
        ids=ids,
        heading=heading,
        plural=screen.labels.plural(screen.entity),
        module_label=module_label(screen),
        similar=similar_rows(screen, similar),
    )


def _page(screen: Screen, ids: Sequence[int], problem: str) -> str:
    with screen.reading() as reader:
        check_mergeable(reader.scene, screen.entity, ids)
        records = {id_: reader.get(screen.id, id_) for id_ in ids}
        names = takeable(reader, screen.entity, ids)
        rows = _rows(screen, reader, records, names)
        titles = reader.titles(screen.id, ids)
        heads = [
            {
                "id": id_,
                "href": screen.href(id_),
                "title": titles.get(id_, str(id_)),
                "version": records[id_]["version"],
                "moves": _moves(screen, reader, id_),
            }
            for id_ in ids
        ]
    keep = request.values.get("keep", type=int) or min(ids)
    return render_template(
        "pages/merge.html",
        screen=screen,
        heads=heads,
        rows=rows,
        keep=keep,
        problem=problem,
        equal=len(names) - len(rows),
        archives=screen.entity.definition.archive,
        plural=screen.labels.plural(screen.entity),
        module_label=module_label(screen),
    )


def _rows(
    screen: Screen, reader: Reader, records: Mapping[int, Record], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The fields that differ, with the texts of each record and the one to take."""
    fields = screen.entity.fields
    texts = Texts(screen.labels, screen.locale)
    titles = _titles(screen, reader, records.values(), names)
    rows = []
    for name in names:
        values = {id_: record.values.get(name) for id_, record in records.items()}
        filled = [id_ for id_, value in values.items() if value not in (None, "", ())]
        if len({repr(value) for value in values.values()}) < 2:
            continue
        chosen = request.form.get(f"{_TAKE}{name}", type=int)
        cells = [
            (
                id_,
                texts.text(fields[name], value, title=lambda e, i: titles.get((e, i))),
            )
            for id_, value in values.items()
        ]
        rows.append(
            {
                "name": name,
                "label": screen.labels.field(fields[name]),
                "cells": cells,
                "take": chosen or (filled or list(values))[0],
            }
        )
    return rows


def _titles(
    screen: Screen, reader: Reader, records: Any, names: Sequence[str]
) -> Titles:
    fields = {name: screen.entity.fields[name] for name in names}
    wanted: dict[str, set[int]] = {}
    for record in records:
        for entity, ids in wanted_titles(fields, record.values).items():
            wanted.setdefault(entity, set()).update(ids)
    return {
        (entity, one): title
        for entity, ids in wanted.items()
        for one, title in reader.titles(entity, sorted(ids)).items()
    }


def _moves(screen: Screen, reader: Reader, id_: int) -> list[str]:
    """What leads to a record and would move, in words."""
    found: dict[str, int] = {}
    for one in preview(reader, screen.entity, [id_]):
        found[one.entity] = found.get(one.entity, 0) + one.count
    words = []
    for entity, count in found.items():
        other = screen.other(entity)
        plural = other.labels.plural(other.entity)
        label = other.labels.entity(entity) if count == 1 else plural
        words.append(f"{count} {label}")
    return words
