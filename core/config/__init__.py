"""Where everything lies and listens: configs/*.yml and the environment, frozen.

Called first by the command line and by tests; hands on an `AppConfig`. The environment
wins over configs/<environment>.yml, which wins over configs/base.yml.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

import core
from core.config.errors import ConfigError
from core.config.limits import RateLimit, bounds
from core.config.mailboxes import MailboxConfig
from core.config.outside import (
    EVERYBODY,
    MailConfig,
    ProviderConfig,
    ProviderFile,
    mail_domain,
    outside,
)
from core.diagnostics import Diagnostics, render_all
from core.fieldtypes.files import read_size
from core.frozen import frozen
from core.source import Bool, Int, ListOf, Piece, StructureReader, Text, load_file

__all__ = [
    "ENVIRONMENTS",
    "EVERYBODY",
    "ROOT",
    "AppConfig",
    "ConfigError",
    "ConfigFile",
    "FilesConfig",
    "MailConfig",
    "MailboxConfig",
    "ProviderConfig",
    "RateLimit",
    "load_config",
    "mail_domain",
]

ROOT = Path(core.__file__).resolve().parent.parent
ENVIRONMENTS = ("development", "production", "test")
SECRET_FILE = "secret.key"
SECRET_LENGTH = 32
PSYCOPG = "postgresql+psycopg"
QUERY_SECONDS = 10
MOST_UPLOAD = 1_000_000_000
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{2,62}(/[A-Za-z0-9._/-]*)?")


@frozen(kw_only=True)
class FilesConfig:
    """Where uploaded files lie and how large one may be.

    `place` is a folder or `s3://bucket/prefix`; the rest belongs to a bucket.
    """

    place: str
    max_upload: int = 25_000_000
    endpoint: str = ""
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


@frozen(kw_only=True)
class ConfigFile(Piece):
    """The keys of a file in configs/."""

    database_url: Text | None = None
    host: Text | None = None
    port: Int | None = None
    development: Bool | None = None
    https: Bool | None = None
    trusted_proxies: Int | None = None
    languages: ListOf[Text] = ()
    modules_paths: ListOf[Text] = ()
    overlays: ListOf[Text] = ()
    query_seconds: Int | None = None
    public_url: Text | None = None
    providers: ListOf[ProviderFile] = ()
    second_factor: ListOf[Text] = ()


@frozen(kw_only=True)
class AppConfig:
    """The settings of one installation.

    `home` holds the SQLite file, uploaded files and keys. `modules_paths` are searched
    for modules in order, the platform's own first. `overlays` are folders of a
    business's changes. `admin_password` is only used by the first start.
    `query_seconds` bounds what one question of a user may take; 0 sets no limit.
    `public_url` is the address that people type, without a slash at its end; mails lead
    there.
    `second_factor` names the roles that a password alone does not let in.
    `webhook_networks` are private networks that webhooks may reach all the same. The
    rate limits hold for callers of the API with and without a credential, per worker.
    """

    home: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    environment: str = "development"
    modules_paths: tuple[Path, ...] = ()
    overlays: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    development: bool = False
    https: bool = False
    trusted_proxies: int = 0
    languages: tuple[str, ...] = ("en",)
    admin_password: str | None = field(default=None, repr=False)
    files: FilesConfig | None = None
    query_seconds: float = QUERY_SECONDS
    public_url: str = ""
    mail: MailConfig | None = None
    mailboxes: tuple[MailboxConfig, ...] = ()
    providers: tuple[ProviderConfig, ...] = ()
    second_factor: tuple[str, ...] = ()
    webhook_networks: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None
    rate_limit_strangers: RateLimit | None = None

    @property
    def files_config(self) -> FilesConfig:
        """Where files lie: in the home folder unless told otherwise."""
        return self.files or FilesConfig(place=str(self.home / "files"))


def load_config(
    environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> AppConfig:
    """Return the configuration; ConfigError for a value that cannot be used.

    `environ` stands for the process's environment, `folder` for configs/. The home
    folder and its secret key are made when they are missing.
    """
    env = os.environ if environ is None else environ
    place = ROOT / "configs" if folder is None else folder
    environment = env.get("INTARSIA_ENV") or "development"
    if environment not in ENVIRONMENTS:
        raise ConfigError(
            f"INTARSIA_ENV is '{environment}'; write one of {', '.join(ENVIRONMENTS)}."
        )
    base = _read(place / "base.yml")
    own = _read(place / f"{environment}.yml")
    home = Path(env.get("INTARSIA_HOME") or "var").expanduser().absolute()
    _make_home(home)
    url = env.get("DATABASE_URL") or own.database_url or base.database_url
    languages = own.languages or base.languages or ("en",)
    return AppConfig(
        home=home,
        database_url=_database_url(url, home),
        secret_key=_secret_key(home),
        environment=environment,
        modules_paths=_modules_paths(env, (*base.modules_paths, *own.modules_paths)),
        overlays=tuple(_from_root(path) for path in (*base.overlays, *own.overlays)),
        host=own.host or base.host or "127.0.0.1",
        port=_port(env, own, base),
        development=bool(_first(own.development, base.development)),
        https=bool(_first(own.https, base.https)),
        trusted_proxies=_first(own.trusted_proxies, base.trusted_proxies) or 0,
        languages=tuple(languages),
        admin_password=env.get("INTARSIA_ADMIN_PASSWORD") or None,
        files=_files(env, home),
        query_seconds=_query_seconds(env, own, base),
        **outside(env, own, base),
        **bounds(env),
    )


def _read(path: Path) -> ConfigFile:
    """Read one file of configs/; a missing or empty one says nothing."""
    if not path.is_file():
        return ConfigFile()
    diagnostics = Diagnostics()
    shown = str(path)
    nodes = load_file(path, diagnostics, shown)
    found = None
    if nodes and not diagnostics.has_errors:
        found = StructureReader().read(ConfigFile, nodes[0], shown, diagnostics)
    if diagnostics.has_errors:
        text = path.read_text("utf-8", errors="replace")
        raise ConfigError(render_all(diagnostics, lambda _file: text))
    return found or ConfigFile()


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _from_root(path: str) -> Path:
    """A path of a file in configs/ is meant from the project's folder."""
    return (ROOT / Path(path).expanduser()).absolute()


def _modules_paths(env: Mapping[str, str], given: tuple[str, ...]) -> tuple[Path, ...]:
    paths = [ROOT / "modules", *(_from_root(path) for path in given)]
    for part in env.get("INTARSIA_MODULES_PATH", "").split(os.pathsep):
        if not part.strip():
            continue
        path = Path(part.strip()).expanduser().absolute()
        if not path.is_dir():
            raise ConfigError(
                f"INTARSIA_MODULES_PATH names '{path}', which is no folder. "
                f"Write folders with '{os.pathsep}' between them."
            )
        paths.append(path)
    return tuple(dict.fromkeys(paths))


def _query_seconds(env: Mapping[str, str], own: ConfigFile, base: ConfigFile) -> float:
    """How long one question may keep the database busy; 0 for as long as it likes."""
    text = env.get("INTARSIA_QUERY_SECONDS", "").strip()
    if not text:
        given = _first(own.query_seconds, base.query_seconds)
        return QUERY_SECONDS if given is None else max(given, 0)
    if not re.fullmatch(r"[0-9]{1,5}([.][0-9]{1,3})?", text):
        raise ConfigError(
            f"INTARSIA_QUERY_SECONDS is '{text[:20]}'; write seconds like 10, or 0."
        )
    return float(text)


def _files(env: Mapping[str, str], home: Path) -> FilesConfig:
    place = env.get("INTARSIA_FILES", "").strip()
    if "://" in place and not _BUCKET.fullmatch(place):
        raise ConfigError(
            f"INTARSIA_FILES is '{place[:80]}'; write a folder or s3://bucket/prefix."
        )
    if not place:
        place = str(home / "files")
    elif "://" not in place:
        place = str(Path(place).expanduser().absolute())
    text = env.get("INTARSIA_MAX_UPLOAD") or "25 MB"
    most = read_size(text)
    if most is None or not 0 < most <= MOST_UPLOAD:
        raise ConfigError(
            f"INTARSIA_MAX_UPLOAD is '{text[:20]}'; write a size up to 1 GB like 25 MB."
        )
    return FilesConfig(
        place=place,
        max_upload=most,
        endpoint=env.get("INTARSIA_FILES_ENDPOINT", ""),
        region=env.get("INTARSIA_FILES_REGION", ""),
        key=env.get("INTARSIA_FILES_KEY", ""),
        secret=env.get("INTARSIA_FILES_SECRET", ""),
    )


def _port(env: Mapping[str, str], own: ConfigFile, base: ConfigFile) -> int:
    text = env.get("PORT") or str(_first(own.port, base.port, 8080))
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigError(
            f"The port is '{text[:20]}'; write a number from 1 to 65535 into PORT."
        )
    return int(text)


def _database_url(text: str | None, home: Path) -> str:
    """Check the address of the database; PostgreSQL gets its driver's name."""
    if not text:
        return f"sqlite:///{home / 'intarsia.db'}"
    try:
        url = make_url(text.strip())
        if url.drivername == "postgres":
            url = url.set(drivername="postgresql")
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    # The address may hold a password, so no message repeats it.
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(
            "DATABASE_URL is no address of a database this platform works with. Write "
            "sqlite:////folder/file.db or postgresql://user:password@host/database."
        )
    if backend == "postgresql":
        if not url.database:
            raise ConfigError("DATABASE_URL names no database behind the host.")
        url = url.set(drivername=PSYCOPG)
    return url.render_as_string(hide_password=False)


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"INTARSIA_HOME is '{home}', which cannot be used as a folder: "
            f"{error.strerror}. Name another one."
        ) from error


def _secret_key(home: Path) -> str:
    """Return the key kept in the home folder; the first start makes it."""
    path = home / SECRET_FILE
    try:
        _create_once(path, secrets.token_urlsafe(48))
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        text = f"The secret key '{path}' cannot be read: {error}."
        raise ConfigError(text) from error
    if len(key) < SECRET_LENGTH:
        raise ConfigError(
            f"The secret key '{path}' has fewer than {SECRET_LENGTH} characters. "
            "Delete the file; the next start makes a new one and signs everybody out."
        )
    return key


def _create_once(path: Path, content: str) -> None:
    """Write a new file that only its owner may read; an existing one stays.

    It appears whole under its name, so that a process starting at the same moment
    never reads half of it.
    """
    if path.exists():
        return
    own = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content + "\n")
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
