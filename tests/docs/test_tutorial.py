"""The tutorial, block by block: its files are written, its commands run in a shell."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.config import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)[ ]?(.*?)\n(.*?)^```$", re.S | re.M)


class Reader:
    """Somebody who follows the page in a folder of his own, word by word."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.said = ""
        self.environment = {
            **os.environ,
            "INTARSIA_HOME": str(folder / "var"),
            "INTARSIA_ADMIN_PASSWORD": "open-sesame-42",
        }
        for name in ("DATABASE_URL", "INTARSIA_MODULES_PATH", "PORT"):
            self.environment.pop(name, None)
        (folder / "cli.py").symlink_to(ROOT / "cli.py")
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def shell(self, text: str, fails: bool = False) -> None:
        """Run commands in one shell; what was exported before still holds."""
        ready = "shopt -s expand_aliases\n[ -f state ] && . ./state\n"
        keep = "\nleft=$?; { export -p; declare -p TOKEN; alias; } > state; exit $left"
        # A shell reads a line, and its aliases, only after the one before has run.
        script = ready + text.replace(":8080", f":{self.port}") + keep
        done = subprocess.run(
            ["bash"],
            input=script,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        self.said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{text}\n{self.said}"

    def block(self, kind: str, title: str, text: str) -> None:
        """Follow one block of the page."""
        if kind == "sh":
            self.shell(text, fails=title == "fails")
        elif kind == "text":
            for line in text.splitlines():
                assert line in self.said, self.said
        else:
            path = self.folder / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    assert shutil.which("curl"), "The tutorial uses curl: install the package curl."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Reader(tmp_path, port)


def test_the_tutorial_works_as_it_stands(reader: Reader) -> None:
    reader.shell(".venv/bin/python cli.py init")
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) > 30
    first = next(i for i, block in enumerate(blocks) if "curl" in block[2])
    for block in blocks[:first]:
        reader.block(*block)
    server = serving(reader)
    try:
        for block in blocks[first:]:
            reader.block(*block)
    finally:
        server.terminate()
        server.wait(30)


def serving(reader: Reader) -> "subprocess.Popen[bytes]":
    """Start the server that the page wants to be running; return when it answers."""
    paths = {"INTARSIA_MODULES_PATH": str(reader.folder / "mine")}
    server = subprocess.Popen(
        [sys.executable, "cli.py", "serve", "--port", str(reader.port)],
        cwd=reader.folder,
        env=reader.environment | paths,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{reader.port}/login/"
    end = time.monotonic() + 120
    while True:
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server does not answer"
        try:
            urllib.request.urlopen(address).close()
            return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)


def test_the_screens_of_the_tutorial_exist() -> None:
    text = PAGE.read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
