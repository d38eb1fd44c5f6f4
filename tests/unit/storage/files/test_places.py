"""Places for files: a folder, and a bucket on a real server that speaks S3."""

import hashlib
import io
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime

import pytest

from core.config import FilesConfig
from core.storage.files import FileGone, FilesUnavailable, key_of, open_files

TEXT = b"content of a file"
HASH = hashlib.sha256(TEXT).hexdigest()
OTHER = "0" * 64


@pytest.fixture(scope="module")
def bucket():
    """The address of a bucket of a server that runs in a process of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server)
        import boto3

        boto3.client(
            "s3",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        ).create_bucket(Bucket="papers")
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server of the test did not start"
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server of the test does not answer")


def s3(address: str, place: str = "s3://papers/one/two", **changes) -> FilesConfig:
    given = {"endpoint": address, "key": "key", "secret": "secret", **changes}
    return FilesConfig(place=place, **given)


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    if request.param == "folder":
        return open_files(FilesConfig(place=str(tmp_path / "files")))
    address = request.getfixturevalue("bucket")
    return open_files(s3(address, f"s3://papers/{tmp_path.name}"))


def test_kept_opened_removed(place):
    assert not place.has(HASH)
    with pytest.raises(FileGone):
        place.open(HASH)
    source = io.BytesIO(TEXT)
    source.seek(5)
    place.put(HASH, source)
    place.put(HASH, io.BytesIO(TEXT))
    assert place.has(HASH)
    with place.open(HASH) as content:
        assert content.read() == TEXT
    [kept] = place.walk()
    assert (kept.sha256, kept.size) == (HASH, len(TEXT))
    assert abs((datetime.now(UTC) - kept.at).total_seconds()) < 600
    place.remove(HASH)
    place.remove(HASH)
    assert not place.has(HASH)
    assert list(place.walk()) == []


def test_what_is_made_from_a_file_goes_with_it(place):
    assert place.made(HASH, "thumb") is None
    place.put(HASH, io.BytesIO(TEXT))
    place.put_made(HASH, "thumb", b"small")
    assert place.made(HASH, "thumb") == b"small"
    assert [kept.sha256 for kept in place.walk()] == [HASH]
    place.remove(HASH)
    assert place.made(HASH, "thumb") is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "", HASH.upper(), HASH + "a"])
def test_only_hashes_are_names(place, name):
    for act in (place.open, place.has, place.remove):
        with pytest.raises(ValueError, match="SHA-256"):
            act(name)


def test_the_folder_is_private_and_sharded(tmp_path):
    place = open_files(FilesConfig(place=str(tmp_path / "files")))
    place.put(HASH, io.BytesIO(TEXT))
    path = tmp_path / "files" / HASH[:2] / HASH[2:4] / HASH
    assert path == tmp_path / "files" / key_of(HASH)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == [HASH]


def test_a_broken_source_leaves_nothing(tmp_path):
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError(28, "No space left on device")

    place = open_files(FilesConfig(place=str(tmp_path / "files")))
    with pytest.raises(FilesUnavailable, match="No space left"):
        place.put(HASH, Broken())
    assert not place.has(HASH)
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "files").write_text("in the way")
    place = open_files(FilesConfig(place=str(tmp_path / "files")))
    with pytest.raises(FilesUnavailable, match="cannot be used"):
        place.put(HASH, io.BytesIO(TEXT))


def test_bytes_reach_the_disk_before_their_name(tmp_path, monkeypatch):
    done = []
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), sync(fd)))
    monkeypatch.setattr(
        os, "replace", lambda *names: (done.append("name"), rename(*names))
    )
    open_files(FilesConfig(place=str(tmp_path))).put(HASH, io.BytesIO(TEXT))
    assert done == ["sync", "name", "sync"]


def test_a_bucket_that_is_not_there(bucket):
    place = open_files(s3(bucket, "s3://nowhere"))
    with pytest.raises(FilesUnavailable, match="nowhere"):
        place.put(HASH, io.BytesIO(TEXT))


def test_a_store_that_does_not_answer():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{found.getsockname()[1]}"
    place = open_files(s3(address))
    with pytest.raises(FilesUnavailable, match="cannot be reached"):
        place.has(OTHER)
