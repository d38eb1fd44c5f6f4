"""Rate limits: per user, per key, per address; refused with the time to wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.config import ConfigError, RateLimit, load_config
from core.web.api import register_api
from core.web.api.limits import Counter
from core.web.app import create_web_app
from tests.unit.web_api.conftest import Api, Library


@pytest.fixture
def limited(library) -> Library:
    config = replace(
        library.application.config,
        rate_limit=RateLimit(3, 60),
        rate_limit_strangers=RateLimit(2, 60),
    )
    application = replace(library.application, config=config)
    app = create_web_app(application, register=[register_api])
    # The tokens come from the site without limits: signing in is a stranger's request.
    for name in ("vera", "mara"):
        library.as_user(name)
    return Library(application, app, library.people, dict(library.tokens))


def test_more_requests_than_allowed_are_refused_with_the_time_to_wait(limited):
    vera = limited.as_user("vera")
    left = []
    for _ in range(3):
        answer = vera("GET", "library/author")
        assert answer.status_code == 200
        left.append(answer.headers["RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    refused = vera("GET", "library/author")
    assert refused.status_code == 429
    assert refused.json["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    # Others have their own count, and a key has one beside its user's.
    assert limited.as_user("mara")("GET", "library/author").status_code == 200
    assert limited.with_key("vera", "read")("GET", "library/author").status_code == 200


def test_strangers_are_counted_by_address(limited):
    stranger = Api(limited.app.test_client())
    codes = [stranger("GET", "library/author").status_code for _ in range(3)]
    assert codes == [401, 401, 429]
    wrong = Api(limited.app.test_client(), {"Authorization": "Bearer nonsense"})
    assert wrong("GET", "library/author").status_code == 429


def test_without_a_limit_nothing_is_counted(library, boss):
    for _ in range(5):
        answer = boss("GET", "library/author")
        assert answer.status_code == 200
        assert "RateLimit-Limit" not in answer.headers


def test_a_window_ends_and_old_callers_are_forgotten():
    at = [0.0]
    counter = Counter(RateLimit(2, 10), most=2, now=lambda: at[0])
    assert [counter.count("a").refused for _ in range(3)] == [False, False, True]
    at[0] = 9.5
    assert counter.count("a").reset == 1
    at[0] = 10.0
    assert not counter.count("a").refused
    for name in ("b", "c", "d"):
        counter.count(name)
    assert len(counter._seen) == 2


@pytest.mark.parametrize("text", ["many", "0/60", "10", "10/0", "-1/60", "10/minute"])
def test_a_limit_that_cannot_be_read_is_refused(tmp_path, text):
    env = {"INTARSIA_HOME": str(tmp_path), "INTARSIA_RATE_LIMIT": text}
    with pytest.raises(ConfigError, match="INTARSIA_RATE_LIMIT"):
        load_config(env)


def test_limits_and_networks_come_from_the_environment(tmp_path):
    env = {
        "INTARSIA_HOME": str(tmp_path),
        "INTARSIA_RATE_LIMIT": "600/60",
        "INTARSIA_WEBHOOK_NETWORKS": "10.0.0.0/8, fd00::/8",
    }
    config = load_config(env)
    assert config.rate_limit == RateLimit(600, 60)
    assert config.rate_limit_strangers is None
    assert config.webhook_networks == ("10.0.0.0/8", "fd00::/8")
    with pytest.raises(ConfigError, match="NETWORKS"):
        load_config({**env, "INTARSIA_WEBHOOK_NETWORKS": "10.0.0.1/8"})
