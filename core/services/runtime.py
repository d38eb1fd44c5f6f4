"""What all reads and writes of one generation share: compiled rules, database, caches.

Made once per Application by the composition root; handed to every Reader and
Transaction. The caches are bounded and hold nothing that depends on rows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import field
from typing import Any

from core.compiler import Compiled
from core.frozen import frozen
from core.plugins import PluginManager
from core.services.context import Clock
from core.storage import Database
from core.storage.files import FileStore


class BoundedCache:
    """Keeps the values used last; safe under threads, builds a value at most twice."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the value of a key, made now if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._values)


class Plans(BoundedCache):
    """Built SELECTs, and which settings any of them reads.

    Whoever runs one of them brings the values of those settings for his actor.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.settings: tuple[str, ...] = ()

    def read_setting(self, name: str) -> None:
        """Note that a SELECT reads the setting `module.field`."""
        with self._lock:
            if name not in self.settings:
                self.settings = (*self.settings, name)


@frozen
class Runtime:
    """The shared, read-only surroundings of services.

    `plans` keeps built SELECTs, `filters` checked user filters, both per role set;
    `writing` tells whether a thread is inside a transaction. `files` is where uploaded
    files lie; none of them may have more than `max_upload` bytes. A question may keep
    the database busy for `query_seconds`; 0 sets no limit. Webhooks reach private
    addresses in `webhook_networks` only. The ids of mails end with `mail_domain`.
    `mail_addresses` are those of mailboxes by id, which have a server if they are among
    `served_mailboxes`. With `signing_key` marks are signed that come back from outside;
    without it none is taken. Links in mails lead to `public_url`.
    """

    compiled: Compiled
    database: Database
    plugins: PluginManager | None = None
    clock: Clock = field(default_factory=Clock)
    plans: Plans = field(default_factory=lambda: Plans(2000))
    filters: BoundedCache = field(default_factory=lambda: BoundedCache(2000))
    writing: threading.local = field(default_factory=threading.local)
    files: FileStore | None = None
    query_seconds: float = 10.0
    max_upload: int = 25_000_000
    webhook_networks: tuple[str, ...] = ()
    mail_domain: str = "localhost"
    mail_addresses: Mapping[str, str] = field(default_factory=dict)
    served_mailboxes: tuple[str, ...] = ()
    signing_key: str = field(default="", repr=False)
    public_url: str = ""
