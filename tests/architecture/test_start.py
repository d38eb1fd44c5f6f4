"""What a start must not load: it would be paid by every process, before any answer."""

import subprocess
import sys

import pytest

from tests.architecture.test_modules_alone import ROOT

#: Loaded in no process before it is used.
LATER = (
    "psycopg",
    "phonenumbers",
    "stdnum",
    "jsonschema",
    "openpyxl",
    "PIL",
    "requests",
    "authlib",
    "joserfc",
    "pyotp",
    "segno",
    "smtplib",
    "imaplib",
    "webauthn",
)
#: Loaded by the pages or the API that need it, or by a worker that already answers.
OF_VIEWS = (
    "core.exchange",
    "core.migrations",
    "core.services.seed",
    "core.services.transactions",
    "core.services.reader",
    "core.web.api.openapi",
    "core.web.pages.form_page",
    "core.web.pages.list_page",
    "cryptography",
    "flask_appbuilder",
    "jwt",
    "marshmallow",
)
CASES = {
    "core.cli.main": ("sqlalchemy", "flask", "yaml"),
    "core.app": (*LATER, *OF_VIEWS, "flask", "babel.dates"),
    "core.cli.serve": (*LATER, *OF_VIEWS, "flask", "babel.dates"),
    "core.web.site": (*LATER, *OF_VIEWS),
    "core.web.server": (*LATER, *OF_VIEWS),
}


@pytest.mark.parametrize("module", list(CASES))
def test_heavy_parts_wait_until_they_are_needed(module: str) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert not loaded & set(CASES[module])


def test_every_name_of_the_services_is_found() -> None:
    script = """
import importlib, pkgutil, core.services as services
for found in pkgutil.iter_modules(services.__path__):
    importlib.import_module(f"core.services.{found.name}")
modules = {type(services)}
print([name for name in services.__all__ if type(getattr(services, name)) in modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
