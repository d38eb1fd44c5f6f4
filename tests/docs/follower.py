"""Somebody who follows a page: writes its files, types its commands, reads answers."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import ROOT


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
        known = "{ export -p; declare -p TOKEN ID 2>/dev/null; alias; } > state"
        keep = f"\nleft=$?; {known}; exit $left"
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


def reader_in(folder: Path) -> Reader:
    """A reader in an empty folder, with a port of his own."""
    assert shutil.which("curl"), "These pages use curl: install the package curl."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Reader(folder, probe.getsockname()[1])


@contextmanager
def serving(reader: Reader) -> Iterator[None]:
    """Run the server that the page wants to be there, from its first answer on."""
    mine = reader.folder / "mine"
    paths = {"INTARSIA_MODULES_PATH": str(mine)} if mine.is_dir() else {}
    server = subprocess.Popen(
        [sys.executable, "cli.py", "serve", "--port", str(reader.port)],
        cwd=reader.folder,
        env=reader.environment | paths,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, reader.port)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    address = f"http://127.0.0.1:{port}/login/"
    end = time.monotonic() + 120
    while True:
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server does not answer"
        try:
            urllib.request.urlopen(address).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
