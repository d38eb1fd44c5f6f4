"""Where a run keeps its files: in memory, as long as that has room."""

import os
from pathlib import Path

import pytest

from core.testing import places


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that says what the container may use, and uses."""
    monkeypatch.setattr(places, "_LIMITS", tmp_path)

    def limit(most: str, used: int = 0) -> None:
        (tmp_path / "memory.max").write_text(f"{most}\n")
        (tmp_path / "memory.current").write_text(f"{used}\n")

    return limit


def test_a_limit_of_the_container_counts(container, tmp_path: Path) -> None:
    container("2000", used=1500)
    assert places.has_room(tmp_path, 500)
    assert not places.has_room(tmp_path, 501)


def test_no_limit_is_as_much_as_is_wanted(container, tmp_path: Path) -> None:
    container("max")
    assert places.has_room(tmp_path, 1)


def test_the_memory_of_the_machine_counts(tmp_path: Path) -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert not places.has_room(tmp_path, whole + 1)


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert not places.has_room(tmp_path / "nowhere", 1)


def test_without_memory_it_is_the_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(places, "MEMORY", tmp_path / "nowhere")
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path))
    made = places.new_scratch("files-")
    assert (made.parent, made.name[:6]) == (tmp_path, "files-")
