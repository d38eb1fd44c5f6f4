"""Links given by words: a key or a title in place of an id, and tags made by name.

Called by the step `coerce`; looks all of them up in batches, with the actor's rights.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.expressions import Record, Ref
from core.services.batch import Batch, Change
from core.services.resolve import Resolved, resolve_all, title_field

Named = Sequence[tuple[Change, str, str]]


def find_named(batch: Batch, named: Named) -> None:
    """Put ids in place of the texts given for links, or note what is wrong."""
    by_field: dict[str, list[tuple[Change, str]]] = {}
    for change, name, text in named:
        by_field.setdefault(name, []).append((change, text))
    for name, pairs in by_field.items():
        _links(batch, name, pairs)
    for name, field in batch.entity.fields.items():
        if field.kind == "links":
            _tags(batch, name)


def _links(batch: Batch, name: str, pairs: list[tuple[Change, str]]) -> None:
    field = batch.entity.fields[name]
    found: dict[str, Resolved] = {
        target: resolve_all(batch.scene, target, {text for _, text in pairs})
        for target in field.targets
    }
    for change, text in pairs:
        hits = [(t, r.ids[text]) for t, r in found.items() if text in r.ids]
        if len(hits) == 1:
            target, id_ = hits[0]
            value = Ref(target, id_) if field.kind == "reference" else id_
            change.explicit[name] = (value,) if field.kind == "links" else value
            continue
        several = any(text in one.several for one in found.values()) or len(hits) > 1
        if several:
            message = f"{field.label}: '{text}' names several records. Use the id."
            change.problem(name, "ambiguous", message)
        else:
            message = f"{field.label}: there is no '{text}', or you may not see it."
            change.problem(name, "unknown_target", message)


def _tags(batch: Batch, name: str) -> None:
    """Find or make the tags that were given as words."""
    field = batch.entity.fields[name]
    waiting = [
        change
        for change in batch.changes
        if any(isinstance(one, str) for one in change.explicit.get(name) or ())
    ]
    if not waiting:
        return
    words = {
        one
        for change in waiting
        for one in change.explicit[name]
        if isinstance(one, str)
    }
    target = field.targets[0]
    ids = dict(resolve_all(batch.scene, target, words).ids)
    missing = sorted(words - ids.keys())
    if missing and not batch.draft:
        ids |= _made(batch, target, missing, waiting, name)
    for change in waiting:
        values = (
            ids.get(one) if isinstance(one, str) else one
            for one in change.explicit[name]
        )
        change.explicit[name] = tuple(
            dict.fromkeys(value for value in values if value is not None)
        )


def _made(
    batch: Batch, target: str, words: list[str], waiting: list[Change], name: str
) -> dict[str, int]:
    from core.services.write import save

    scene = batch.scene
    compiled = scene.runtime.compiled.entity(target)
    title = title_field(compiled)
    if title is None or not (batch.trusted or scene.access.can(target, "create")):
        for change in waiting:
            gone = [one for one in change.explicit[name] if one in words]
            if gone:
                message = f"There is no {compiled.label} '{gone[0]}'. Choose another."
                change.problem(name, "unknown_target", message)
        return {}
    changes = [
        Change(number, {title: word}, Record(target, None))
        for number, word in enumerate(words)
    ]
    made = Batch(scene, compiled, "create", changes, batch.via, batch.trusted)
    made.tx = batch.tx
    save(made)
    return {word: c.record.id or 0 for word, c in zip(words, changes, strict=True)}
