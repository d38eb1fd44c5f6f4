"""Every error reaches its reader as what, why and how to mend."""

import pytest

from core.services import errors as services
from core.storage.errors import Reason, StorageError
from core.web.app import create_web_app

PROBLEM = services.Problem("amount", "too_small", "The amount must be over 0.")
ERRORS = (
    (services.ValidationFailed([PROBLEM]), 422, "The amount must be over 0."),
    (services.RuleBroken([PROBLEM]), 422, "The amount must be over 0."),
    (services.NotAllowed("You may not archive it."), 403, "You may not archive it."),
    (services.NotFound("There is no record 7."), 404, "There is no record 7."),
    (services.StaleRecord("Jo saved it first."), 409, "Jo saved it first."),
    (services.TransitionRefused("It is closed."), 409, "It is closed."),
    (services.BadQuery("No field “x”."), 400, "No field “x”."),
    (services.Unavailable("The disk is full."), 503, "The disk is full."),
    (StorageError(Reason.READ_ONLY), 503, "can be read but not written"),
)


@pytest.fixture
def failing(application, admin, mara):
    """Return a function: error -> a client of an app where /fail raises it."""

    def make(error):
        def add(app, _state):
            def fail():
                raise error

            app.add_url_rule("/fail", "fail", fail)
            app.add_url_rule("/api/v1/fail", "api_fail", fail)

        return create_web_app(application, register=[add]).test_client()

    return make


@pytest.mark.parametrize(("error", "status", "says"), ERRORS)
def test_an_error_of_the_services_keeps_its_words(failing, error, status, says):
    client = failing(error)
    page = client.get("/fail")
    assert page.status_code == status
    assert says in page.text
    assert "Reference" in page.text
    answer = client.get("/api/v1/fail")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"]
    assert answer.json["reference"]


def test_the_problems_of_values_go_to_programs_with_their_fields(failing):
    answer = failing(services.ValidationFailed([PROBLEM])).get("/api/v1/fail").json
    assert answer["problems"] == [
        {
            "field": "amount",
            "path": [],
            "code": "too_small",
            "message": "The amount must be over 0.",
            "level": "error",
        }
    ]


@pytest.mark.parametrize("path", ["/fail", "/api/v1/fail"])
def test_an_unforeseen_error_shows_a_reference_and_nothing_else(failing, caplog, path):
    answer = failing(RuntimeError("the secret detail")).get(path)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "the secret detail" in caplog.text
    reference = caplog.records[0].getMessage().split()[1]
    assert reference in answer.text


def test_even_a_broken_error_page_tells_the_reference(application, monkeypatch, caplog):
    def add(app, _state):
        app.add_url_rule("/fail", "fail", lambda: 1 / 0)

    def broken(*_args, **_more):
        raise RuntimeError("no template")

    client = create_web_app(application, register=[add]).test_client()
    monkeypatch.setattr("core.web.errors.render_template", broken)
    answer = client.get("/fail")
    assert answer.status_code == 500
    assert answer.mimetype == "text/plain"
    assert "Reference" in answer.text


def test_a_fragment_gets_json(failing):
    answer = failing(services.NotFound("Gone.")).get(
        "/fail", headers={"HX-Request": "true"}
    )
    assert answer.json["detail"].startswith("Gone.")


def test_the_error_page_of_a_signed_in_user_keeps_the_navigation(browser_of):
    page = browser_of("mara").get("/nothing/here")
    assert page.status_code == 404
    assert 'id="side"' in page.text
    assert "nothing for you" in page.text


def test_posting_nowhere_is_not_found(app):
    assert app.test_client().post("/nothing/here").status_code == 404
