"""Uploads that mean harm; each is made here, and none is kept."""

import gzip
import io
import struct
import zipfile
import zlib

import pytest

from core.services import ValidationFailed
from core.services.files.kinds import inspect
from core.services.files.refused import UploadRefused
from core.services.files.uploads import clean_name


def refused(content: bytes, name: str) -> str:
    with pytest.raises(UploadRefused) as info:
        inspect(io.BytesIO(content), name)
    assert info.value.message.startswith(f"'{name}'")
    return info.value.code


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that promise gigabytes of pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


def test_pages_are_no_pictures():
    page = b"<!DOCTYPE html><script>alert(1)</script>"
    assert refused(page, "cat.png") == "mismatched_type"
    assert refused(page, "cat.svg") == "mismatched_type"
    assert inspect(io.BytesIO(page), "page.html") == "text/html"
    assert inspect(io.BytesIO(b"  <!-- x --><ScRiPt>1"), "note") == "text/html"


@pytest.mark.parametrize(
    "tail",
    [
        b"<script>alert(1)</script>",
        b"<?php system($_GET[0]); ?>",
        b"<!DOCTYPE HTML><html>",
        b"<html><body onload=x>",
        b"%PDF-1.7",
    ],
)
def test_pictures_with_a_second_face(draw, tail):
    assert refused(draw() + tail, "cat.png") == "polyglot"
    assert refused(draw("JPEG", comment=tail), "cat.jpg") == "polyglot"
    assert refused(draw("GIF") + b"\x00" * 20_000 + tail, "cat.gif") == "polyglot"


def test_archives_behind_something_else(draw, pack):
    jar = pack(**{"Main.class": b"x"})
    assert refused(draw("GIF") + jar, "cat.gif") == "polyglot"
    assert refused(b"%PDF-1.4\n%%EOF\n" + jar, "paper.pdf") == "polyglot"
    assert refused(b"just a text\n" + jar, "note.txt") == "polyglot"


def test_a_script_across_the_edge_of_two_reads(draw):
    padding = b"\x00" * (1024 * 1024 - len(draw()) - 4)
    assert refused(draw() + padding + b"<script>", "cat.png") == "polyglot"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"/>',
        '<a href=" jav&#x09;ascript:alert(1)"/>',
        '<image href="https://elsewhere.example/x.png"/>',
        "<foreignObject><p/></foreignObject>",
        "<style>@import 'x.css';</style>",
        "<style>a{background:url(http://elsewhere.example)}</style>",
        "<broken",
    ],
)
def test_drawings_that_act(inside):
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    assert refused(drawing.encode(), "a.svg") == "active_content"


def test_drawings_with_entities():
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">'
        '<!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
    )
    assert refused(bomb.encode(), "a.svg") in ("active_content", "mismatched_type")


def test_a_plain_drawing_is_kept():
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
    assert inspect(io.BytesIO(drawing), "a.svg") == "image/svg+xml"


def test_pictures_that_fill_the_memory():
    assert refused(huge_png(60_000, 60_000), "cat.png") == "too_many_pixels"
    assert refused(huge_png(30_000, 2_100), "cat.png") == "too_many_pixels"


def test_damaged_pictures(draw):
    assert refused(draw()[:60], "cat.png") == "damaged_picture"
    assert refused(b"\xff\xd8\xff\xe0garbage", "cat.jpg") == "damaged_picture"
    assert refused(b"GIF89a", "cat.gif") == "damaged_picture"
    assert refused(huge_png(4000, 4000), "cat.png") == "damaged_picture"


def test_archives_that_unfold_without_end(pack):
    bomb = pack(zeros=b"\x00" * 60_000_000)
    assert refused(bomb, "a.zip") == "unfolds_too_far"
    many = pack(**{f"n{number}": b"" for number in range(10_001)})
    assert refused(many, "a.zip") == "unfolds_too_far"
    nested = pack(x=b"x")
    for _ in range(4):
        nested = pack(**{"a.zip": nested})
    assert refused(nested, "a.zip") == "unfolds_too_far"
    packed = gzip.compress(b"\x00" * 60_000_000)
    assert refused(packed, "a.gz") == "unfolds_too_far"


def test_archives_whose_entries_share_bytes(pack):
    plain = pack(one=b"1" * 5000, two=b"2" * 5000)
    start = plain.rfind(b"PK\x01\x02")
    shared = bytearray(plain)
    shared[start + 42 : start + 46] = struct.pack("<I", 10)
    assert refused(bytes(shared), "a.zip") in ("unfolds_too_far", "damaged_archive")


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00" + b"\x00" * 200, b"\x7fELF\x02\x01" + b"\x00" * 60],
)
def test_programs(content):
    assert refused(content, "invoice.pdf") == "program"


def test_what_is_sound_keeps_its_kind(draw, pack):
    kinds = {
        "a.png": (draw(), "image/png"),
        "a.jpg": (draw("JPEG"), "image/jpeg"),
        "a.webp": (draw("WEBP"), "image/webp"),
        "a.gif": (draw("GIF"), "image/gif"),
        "a.avif": (draw("AVIF"), "image/avif"),
        "a.tiff": (draw("TIFF"), "image/tiff"),
        "a.bmp": (draw("BMP"), "image/bmp"),
        "a.pdf": (b"%PDF-1.4\n%%EOF\n", "application/pdf"),
        "a.csv": ("name;größe\n".encode("latin-1"), "text/csv"),
        "a.txt": ("größe".encode(), "text/plain"),
        "MZ.txt": (b"MZ is a text", "text/plain"),
        "a.json": (b"{}", "application/json"),
        "a.zip": (pack(x=b"y"), "application/zip"),
        "a.docx": (
            pack(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"}),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        "a.mp3": (b"ID3\x03\x00" + b"\x00" * 100, "audio/mpeg"),
        "a.bin": (b"\x00\x01\x02" * 40, "application/octet-stream"),
    }
    for name, (content, kind) in kinds.items():
        assert inspect(io.BytesIO(content), name) == kind, name


def test_an_encrypted_archive_is_still_an_archive(pack):
    plain = bytearray(pack(x=b"y"))
    plain[6] |= 1
    start = plain.rfind(b"PK\x01\x02")
    plain[start + 8] |= 1
    assert zipfile.is_zipfile(io.BytesIO(bytes(plain)))
    assert inspect(io.BytesIO(bytes(plain)), "a.zip") == "application/zip"


def test_names():
    assert clean_name("../../etc/passwd") == "passwd"
    assert clean_name("C:\\x\\evil\r\nSet-Cookie: a.png") == "evilSet-Cookie: a.png"
    assert clean_name("a\u202egnp.exe") == "agnp.exe"
    assert clean_name(" . ") == "file"
    assert clean_name("x" * 400 + ".pdf").endswith(".pdf")
    assert len(clean_name("x" * 400 + ".pdf")) < 255


def test_limits_of_size(world, upload):
    with pytest.raises(ValidationFailed) as info:
        upload("ann", "a.txt", b"")
    assert info.value.problems[0].code == "empty_file"
    from dataclasses import replace

    import core.services.files as files

    runtime = replace(world.runtime, max_upload=1000)
    with replace(world, runtime=runtime).tx("ann") as tx:
        with pytest.raises(ValidationFailed) as info:
            files.receive(tx.scene, io.BytesIO(b"x" * 1001), "a.txt")
        assert info.value.problems[0].facts["size"] == "1 KB"
        assert "1 KB" in str(info.value)
    assert list(world.runtime.files.walk()) == []
