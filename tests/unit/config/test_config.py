"""Configuration: files, environment, key; every bad value says how to mend it."""

import stat

import pytest

from core.config import ConfigError, load_config


@pytest.fixture
def configs(tmp_path):
    """A folder of settings of its own."""
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "base.yml").write_text("port: 9000\nhost: 127.0.0.1\n", "utf-8")
    (folder / "production.yml").write_text("port: 9100\nhttps: true\n", "utf-8")
    return folder


@pytest.fixture
def load(tmp_path, configs):
    """Load with these environment variables."""

    def call(**environ):
        home = {"INTARSIA_HOME": str(tmp_path / "home")}
        return load_config(home | environ, configs)

    return call


def test_defaults(load, tmp_path):
    config = load()
    home = tmp_path / "home"
    assert (config.home, config.port, config.https) == (home, 9000, False)
    assert config.database_url == f"sqlite:///{home}/intarsia.db"
    assert config.admin_password is None
    assert [path.name for path in config.modules_paths] == ["modules"]


def test_the_environment_wins_over_the_files(load):
    assert load(INTARSIA_ENV="production").port == 9100
    assert load(INTARSIA_ENV="production").https
    assert load(INTARSIA_ENV="production", PORT="9200").port == 9200


def test_the_key_is_made_once_and_for_its_owner_only(load):
    config = load()
    path = config.home / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(config.secret_key) >= 32
    assert load().secret_key == config.secret_key
    assert [file.name for file in config.home.iterdir()] == ["secret.key"]


def test_secrets_are_not_shown(load):
    config = load(INTARSIA_ADMIN_PASSWORD="open sesame")
    assert config.admin_password == "open sesame"
    assert "sesame" not in repr(config)
    assert config.secret_key not in repr(config)


def test_addresses_of_databases(load):
    url = "postgresql+psycopg://me:pass@host/db"
    assert load(DATABASE_URL="postgres://me:pass@host/db").database_url == url
    assert load(DATABASE_URL="postgresql://me:pass@host/db").database_url == url
    assert load(DATABASE_URL="sqlite:////x/y.db").database_url == "sqlite:////x/y.db"


def test_further_folders_of_modules(load, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    paths = load(INTARSIA_MODULES_PATH=f"{one}:{two}:{one}:").modules_paths
    assert paths[1:] == (one, two)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"INTARSIA_ENV": "prod"}, "one of development, production, test"),
        ({"PORT": "http"}, "a number from 1 to 65535"),
        ({"PORT": "0"}, "a number from 1 to 65535"),
        ({"PORT": "70000"}, "a number from 1 to 65535"),
        ({"PORT": "8²"}, "a number from 1 to 65535"),
        ({"DATABASE_URL": "mysql://me:geheim@host/db"}, "no address of a database"),
        ({"DATABASE_URL": "geheim"}, "no address of a database"),
        ({"DATABASE_URL": "postgresql://host"}, "names no database"),
        ({"INTARSIA_MODULES_PATH": "/does/not/exist"}, "which is no folder"),
        ({"INTARSIA_HOME": "/dev/null/home"}, "cannot be used as a folder"),
        ({"INTARSIA_FILES": "s3://"}, "write a folder or s3://bucket/prefix"),
        ({"INTARSIA_FILES": "https://x/y"}, "write a folder or s3://bucket/prefix"),
        ({"INTARSIA_MAX_UPLOAD": "much"}, "write a size up to 1 GB"),
        ({"INTARSIA_MAX_UPLOAD": "2 GB"}, "write a size up to 1 GB"),
        ({"INTARSIA_QUERY_SECONDS": "soon"}, "write seconds like 10"),
    ],
)
def test_bad_values(load, environ, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(**environ)
    assert "geheim" not in str(caught.value)


def test_a_mistake_in_a_file_stands_with_its_place(load, configs):
    (configs / "base.yml").write_text("prot: 9000\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load()
    assert "E202" in str(caught.value)
    assert "did you mean 'port'?" in str(caught.value)


def test_a_spoilt_key_is_refused(load):
    home = load().home
    (home / "secret.key").write_text("short\n", "ascii")
    with pytest.raises(ConfigError, match="Delete the file"):
        load()


def test_the_shipped_settings_are_good(tmp_path):
    for name in ("development", "production", "test"):
        config = load_config({"INTARSIA_HOME": str(tmp_path), "INTARSIA_ENV": name})
        assert config.environment == name
        assert config.development is (name == "development")


def test_how_long_a_question_may_take(load, configs):
    assert load().query_seconds == 10
    assert load(INTARSIA_QUERY_SECONDS="2.5").query_seconds == 2.5
    (configs / "base.yml").write_text("query_seconds: 0\n", "utf-8")
    assert load().query_seconds == 0


def test_where_files_lie(load):
    config = load()
    assert config.files_config.place == str(config.home / "files")
    assert config.files_config.max_upload == 25_000_000
    config = load(
        INTARSIA_FILES="s3://papers/one",
        INTARSIA_FILES_ENDPOINT="http://127.0.0.1:9000",
        INTARSIA_FILES_KEY="key",
        INTARSIA_FILES_SECRET="geheim",
        INTARSIA_MAX_UPLOAD="5 MB",
    )
    files = config.files_config
    assert (files.place, files.max_upload) == ("s3://papers/one", 5_000_000)
    assert "geheim" not in repr(config)


def test_mail_public_address_and_providers(load, configs):
    (configs / "base.yml").write_text(
        "public_url: https://erp.example/\n"
        "providers:\n"
        "  - {id: company, label: Company, issuer: 'https://login.example/realm/',\n"
        "     client_id: erp, create: true, roles: [crm.user], scopes: [groups]}\n",
        "utf-8",
    )
    config = load(
        INTARSIA_SMTP="smtp://me%40x:p%2Fsecret@mail.example",
        INTARSIA_MAIL_FROM="ERP <no-reply@erp.example>",
        INTARSIA_PROVIDER_COMPANY_SECRET="hush",
    )
    assert config.public_url == "https://erp.example"
    mail = config.mail
    assert (mail.host, mail.port, mail.security) == ("mail.example", 587, "starttls")
    assert (mail.user, mail.password) == ("me@x", "p/secret")
    (provider,) = config.providers
    assert provider.issuer == "https://login.example/realm"
    assert provider.scopes == ("openid", "groups")
    assert (provider.create, provider.roles, provider.secret) == (
        True,
        ("crm.user",),
        "hush",
    )
    assert "hush" not in repr(config)
    assert "p/secret" not in repr(config)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"INTARSIA_URL": "http://erp.example"}, "INTARSIA_URL"),
        ({"INTARSIA_URL": "javascript:alert(1)"}, "INTARSIA_URL"),
        ({"INTARSIA_SMTP": "mail.example"}, "INTARSIA_SMTP"),
        ({"INTARSIA_SMTP": "smtp://u:hush@mail.example:x"}, "INTARSIA_SMTP"),
        ({"INTARSIA_SMTP": "smtp://mail.example"}, "INTARSIA_MAIL_FROM"),
        (
            {"INTARSIA_SMTP": "smtp://mail", "INTARSIA_MAIL_FROM": "a@b\nBcc: c@d"},
            "INTARSIA_MAIL_FROM",
        ),
    ],
)
def test_bad_mail_settings_say_how_to_mend_them(load, environ, says):
    with pytest.raises(ConfigError, match=says) as refused:
        load(**environ)
    assert "hush" not in str(refused.value)


def test_roles_that_need_a_second_factor(load, configs):
    assert load().second_factor == ()
    (configs / "base.yml").write_text("second_factor: [crm.manager, admin]\n", "utf-8")
    assert load().second_factor == ("crm.manager", "admin")
    assert load(INTARSIA_SECOND_FACTOR=" *, ").second_factor == ("*",)
    for wrong in ("manager", "crm.manager;admin", "Admin", "crm.*"):
        with pytest.raises(ConfigError, match="second factor"):
            load(INTARSIA_SECOND_FACTOR=wrong)


@pytest.mark.parametrize(
    "change", ["id: Company", "issuer: 'http://login.example'", "issuer: login.example"]
)
def test_a_provider_that_cannot_be_used_is_refused(load, configs, change):
    given = {"id": "id: company", "issuer": "issuer: 'https://login.example'"}
    given[change.partition(":")[0]] = change
    (configs / "base.yml").write_text(
        f"providers:\n  - {{{', '.join(given.values())}, label: X, client_id: x}}\n",
        "utf-8",
    )
    with pytest.raises(ConfigError, match="provider"):
        load()


def test_servers_of_mailboxes_come_from_the_environment(tmp_path):
    def read(**more):
        return load_config({"INTARSIA_HOME": str(tmp_path), **more}, tmp_path).mailboxes

    assert read() == ()
    (one,) = read(
        INTARSIA_MAILBOX_CRM__LEADS="imaps://desk%40inn.example:p%2Fw@mail.example/In/Box"
    )
    assert (one.id, one.host, one.port, one.security) == (
        "crm.leads",
        "mail.example",
        993,
        "tls",
    )
    assert (one.user, one.password, one.folder) == ("desk@inn.example", "p/w", "In/Box")
    assert one.address == "desk@inn.example"
    assert "p/w" not in repr(one)
    (two,) = read(
        INTARSIA_MAILBOX_A_B__C_D="imap+plain://localhost?address=x@y.example"
    )
    assert (two.id, two.port, two.address, two.folder) == (
        "a_b.c_d",
        143,
        "x@y.example",
        "INBOX",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CRM_LEADS", "imaps://a:secret@b"),
        ("CRM__LEADS", "pop3://a:secret@b"),
        ("CRM__LEADS", "imaps://a:secret@"),
        ("CRM__LEADS", "imaps://a:secret@b:99999"),
        ("CRM__LEADS", "imaps://a:secret@b?address=nowhere"),
    ],
)
def test_a_wrong_server_is_told_without_its_password(tmp_path, name, text):
    env = {"INTARSIA_HOME": str(tmp_path), f"INTARSIA_MAILBOX_{name}": text}
    with pytest.raises(ConfigError, match=name) as told:
        load_config(env, tmp_path)
    assert "secret" not in str(told.value)
