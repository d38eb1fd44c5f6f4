"""The check of signatures in the guide takes what is sent, and nothing else."""

from types import FunctionType
from typing import Any

import pytest

from core.config import ROOT
from core.jobs.queue import Job
from core.jobs.webhooks import headers_of
from tests.docs.blocks import blocks

SECRET = "a secret that both sides know"
BODY = '{"id": 4711, "entity": "base.party", "who": "Grüße"}'.encode()
NOW = 1_790_000_000


@pytest.fixture(scope="module")
def check() -> FunctionType:
    page = blocks(ROOT / "docs" / "guides" / "webhooks.md")
    (text,) = [text for kind, _, text in page if kind == "python"]
    found: dict[str, Any] = {}
    exec(text, found)
    return found["is_genuine"]


@pytest.fixture(scope="module")
def headers() -> dict[str, str]:
    job = Job(7, "webhook:1", 4711, "base.party:12", {}, 1)
    return dict(headers_of(job, BODY, SECRET, NOW))


def test_a_message_of_ours_is_taken(check, headers):
    assert check(SECRET, headers, BODY, NOW + 200)
    assert check(SECRET, headers, BODY, NOW - 200)


@pytest.mark.parametrize(
    ("change", "body", "secret", "later"),
    [
        ({}, BODY + b" ", SECRET, 0),
        ({}, BODY, SECRET + "x", 0),
        ({}, BODY, SECRET, 301),
        ({"Intarsia-Timestamp": str(NOW + 1)}, BODY, SECRET, 0),
        ({"Intarsia-Timestamp": "now"}, BODY, SECRET, 0),
        ({"Intarsia-Timestamp": ""}, BODY, SECRET, 0),
        ({"Intarsia-Signature": ""}, BODY, SECRET, 0),
        ({"Intarsia-Signature": "v1=é"}, BODY, SECRET, 0),
    ],
)
def test_anything_else_is_refused(check, headers, change, body, secret, later):
    assert not check(secret, headers | change, body, NOW + later)


def test_the_page_names_every_header(headers):
    page = (ROOT / "docs" / "guides" / "webhooks.md").read_text("utf-8")
    for name in headers:
        if name.startswith("Intarsia-"):
            assert f"`{name}`" in page, name
