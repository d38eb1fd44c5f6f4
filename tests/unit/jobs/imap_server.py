"""A real IMAP server on this machine: a folder, and the commands that read it."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Box:
    """A folder: number -> mail; `faults` are commands that are answered badly."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    validity: int = 7
    password: str = 'pa ss"word'
    faults: dict[str, str] = field(default_factory=dict)
    port: int = 0
    told: list[str] = field(default_factory=list)

    def put(self, content: bytes | str) -> int:
        raw = content.encode() if isinstance(content, str) else content
        number = max(self.mails, default=0) + 1
        self.mails[number] = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return number


@contextmanager
def imap_server() -> Iterator[Box]:
    """Yield the folder that the server shows."""
    box = Box()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline():
                tag, _, rest = line.decode().strip().partition(" ")
                box.told.append(rest.split(" ")[0].upper())
                if not _serve(box, self.wfile, tag, rest):
                    return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()


def _serve(box: Box, out: Any, tag: str, rest: str) -> bool:
    name = rest.upper().removeprefix("UID ").split(" ")[0]
    fault = box.faults.get(name)
    if fault == "leave":
        return False
    if fault is not None:
        out.write(f"{tag} {fault}\r\n".encode())
        return True
    if name == "CAPABILITY":
        out.write(b"* CAPABILITY IMAP4rev1\r\n")
    elif name == "LOGIN":
        secret = box.password.replace('"', '\\"')
        if rest != f'LOGIN desk "{secret}"':
            out.write(f"{tag} NO wrong password\r\n".encode())
            return True
    elif name == "SELECT":
        out.write(f"* {len(box.mails)} EXISTS\r\n".encode())
        out.write(f"* OK [UIDVALIDITY {box.validity}] valid\r\n".encode())
    elif name == "SEARCH":
        found = " ".join(str(one) for one in _searched(box, rest))
        out.write(f"* SEARCH {found}\r\n".encode())
    elif name == "FETCH":
        _fetch(box, out, rest)
    elif name == "STORE":
        box.seen.add(int(rest.split(" ")[2]))
    elif name == "LOGOUT":
        out.write(f"* BYE\r\n{tag} OK\r\n".encode())
        return False
    out.write(f"{tag} OK done\r\n".encode())
    return True


def _searched(box: Box, rest: str) -> list[int]:
    if "UNSEEN" in rest:
        return [one for one in box.mails if one not in box.seen]
    first = int(re.search(r"UID (\d+):\*", rest)[1])  # type: ignore[index]
    # As the standard says, `*` is the last one even before the first asked for.
    return [n for n in box.mails if n >= first] or sorted(box.mails)[-1:]


def _fetch(box: Box, out: Any, rest: str) -> None:
    number = int(rest.split(" ")[2])
    if number not in box.mails:
        return
    most = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", rest)
    assert most is not None
    content = box.mails[number][: int(most[1])]
    head = f"* 1 FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n"
    out.write(head.encode() + content + b")\r\n")
