"""The step that looks for records which may be the same as those of a save."""

from __future__ import annotations

from core.services.batch import Batch


def check_duplicates(batch: Batch) -> None:
    """Warn of duplicates, or refuse them, where the entity says what they are."""
    if batch.entity.duplicates is not None and not batch.draft:
        from core.services.duplicates.asking import ask_or_refuse

        ask_or_refuse(batch)
