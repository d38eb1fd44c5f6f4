"""A real SMTP server on this machine that keeps what it is given."""

import socket
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller


class _Keeper:
    def __init__(self, refuses):
        self.inbox = []
        self.refuses = refuses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refuses:
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.inbox.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(refuses=""):
    """Yield (port, list of the mails that came)."""
    keeper = _Keeper(refuses)
    port = free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, keeper.inbox
    finally:
        controller.stop()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
