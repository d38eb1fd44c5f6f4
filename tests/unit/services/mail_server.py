"""A real SMTP server on this machine that keeps what it is given, and bad ones."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller


@dataclass
class Script:
    """What the server answers; `taken` are the receivers of each mail it took."""

    rcpt: dict = field(default_factory=dict)
    data: str = "250 OK"
    taken: list = field(default_factory=list)


class _Keeper:
    def __init__(self, script):
        self.inbox = []
        self.script = script

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.script.rcpt:
            return self.script.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.script.data.startswith("250"):
            self.script.taken.append(list(envelope.rcpt_tos))
            content = message_from_bytes(envelope.content, policy=policy.default)
            self.inbox.append(content)
        return self.script.data


@contextmanager
def mail_server(refuses="", script=None):
    """Yield (port, list of the mails that came)."""
    script = script or Script()
    if refuses:
        script.rcpt[refuses] = "550 no such box"
    keeper = _Keeper(script)
    port = free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, keeper.inbox
    finally:
        controller.stop()


@contextmanager
def raw_server(fault):
    """Yield the port of a server that says nothing, is busy, leaves, or drips.

    silent: never answers. busy: 421. leaves: ends after the greeting. halfway: ends
    when it has the whole mail. dripping: answers each time after a moment, without end.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve():
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        _FAULTS[fault](connection, over)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        with suppress(OSError), socket.create_connection(server.getsockname()):
            pass
        thread.join()


def _halfway(connection, over):
    connection.sendall(b"220 hello\r\n")
    lines = connection.makefile("rb")
    for answer in (b"250 hello", b"250 ok", b"250 ok", b"354 go on"):
        lines.readline()
        connection.sendall(answer + b"\r\n")
    while lines.readline() != b".\r\n":
        pass


def _dripping(connection, over):
    connection.sendall(b"220 hello\r\n")
    connection.recv(1000)
    while not over.is_set():
        connection.sendall(b"250-more\r\n")
        time.sleep(0.05)


_FAULTS = {
    "silent": lambda connection, over: over.wait(5),
    "busy": lambda connection, over: connection.sendall(b"421 too busy\r\n"),
    "leaves": lambda connection, over: connection.sendall(b"220 hello\r\n"),
    "halfway": _halfway,
    "dripping": _dripping,
}


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
