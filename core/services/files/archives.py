"""Archives: what kind they are, and whether they unfold into more than is sound.

Used by `kinds`. Nothing is unpacked to the disk; the directory of the archive and the
archives inside it are read with a budget.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import BinaryIO

from core.services.files.refused import UploadRefused

MOST_ENTRIES = 10_000
MOST_UNFOLDED = 1_000_000_000
MOST_DEPTH = 3
_RATIO = 200
_FREE = 50_000_000
_INSIDE = 50_000_000
_ARCHIVES = (".zip", ".jar", ".docx", ".xlsx", ".pptx", ".odt", ".ods")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_KINDS: tuple[tuple[str, str], ...] = (
    ("word/", f"{_OFFICE}.wordprocessingml.document"),
    ("xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    ("ppt/", f"{_OFFICE}.presentationml.presentation"),
)


def is_zip(file: BinaryIO) -> bool:
    """Whether programs for archives would open the file, wherever the archive starts.

    A file that merely ends in bytes like the end of an archive is none.
    """
    file.seek(0)
    if not zipfile.is_zipfile(file):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return bool(archive.infolist()) or _starts_as_zip(file)
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError):
        return _starts_as_zip(file)


def _starts_as_zip(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(2) == b"PK"


def check_zip(file: BinaryIO, name: str) -> str:
    """The media type of an archive; UploadRefused for one that unfolds too far."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, _length(file), name, 1, [MOST_UNFOLDED])
            return _kind(archive)
    except UploadRefused:
        raise
    except Exception as error:
        # A reader of archives meets bytes made to break it; it must not pass either.
        raise UploadRefused(
            "damaged_archive", f"'{name}' is a damaged archive. Pack it anew."
        ) from error


def _check(
    archive: zipfile.ZipFile, packed: int, name: str, depth: int, budget: list[int]
) -> None:
    entries = archive.infolist()
    whole = sum(entry.file_size for entry in entries)
    budget[0] -= whole
    steep = whole > _FREE and whole > packed * _RATIO
    if depth > MOST_DEPTH or len(entries) > MOST_ENTRIES or steep or budget[0] < 0:
        raise _bomb(name)
    _refuse_overlap(entries, name)
    for entry in entries:
        if entry.filename.lower().endswith(_ARCHIVES) and not entry.flag_bits & 1:
            _check_inside(archive, entry, name, depth, budget)


def _check_inside(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    name: str,
    depth: int,
    budget: list[int],
) -> None:
    if entry.file_size > _INSIDE:
        raise _bomb(name)
    with archive.open(entry) as source:
        content = source.read(_INSIDE + 1)
    inner = BytesIO(content)
    if zipfile.is_zipfile(inner):
        with zipfile.ZipFile(inner) as below:
            _check(below, len(content), name, depth + 1, budget)


def _refuse_overlap(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Entries that share their bytes are how a small file unfolds into petabytes."""
    end = -1
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise _bomb(name)
        end = entry.header_offset + entry.compress_size


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 128:
        text = archive.read("mimetype").decode("ascii", "replace").strip()
        known = ("application/vnd.oasis.opendocument.", "application/epub+zip")
        if text.startswith(known):
            return text[:127].lower()
    if "[Content_Types].xml" in names:
        for start, kind in _KINDS:
            if any(one.startswith(start) for one in names):
                return kind
    return "application/zip"


def check_gzip(file: BinaryIO, name: str) -> None:
    """UploadRefused for a packed stream that unfolds too far."""
    file.seek(0)
    unpacker = zlib.decompressobj(wbits=31)
    packed = unfolded = 0
    try:
        while block := file.read(65_536):
            packed += len(block)
            while block and not unpacker.eof:
                unfolded += len(unpacker.decompress(block, 1_000_000))
                block = unpacker.unconsumed_tail
                if unfolded > _FREE and unfolded > packed * _RATIO:
                    raise _bomb(name)
    except zlib.error as error:
        raise UploadRefused(
            "damaged_archive", f"'{name}' is a damaged archive. Pack it anew."
        ) from error


def _length(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _bomb(name: str) -> UploadRefused:
    return UploadRefused(
        "unfolds_too_far",
        f"'{name}' is an archive that unfolds into far more than is sound. "
        "Send its parts as files of their own.",
    )
