"""Registers the pages of this package: one's own security, the journal, ways in.

The factory calls `entrance_blueprint`; each view is loaded when it is first asked for.
"""

from flask import Blueprint

from core.web.late_views import LateView

_OWN = "/profile/security"

#: Address, method and view; the name for `url_for("entrance.<name>")` is the view's.
ROUTES: tuple[tuple[str, str, str], ...] = (
    (f"{_OWN}/", "GET", "security_page.security"),
    (f"{_OWN}/sessions/<id>/end", "POST", "security_page.end_session"),
    (f"{_OWN}/sessions/end", "POST", "security_page.end_sessions"),
    ("/login/code", "GET", "second_step.code"),
    ("/login/code", "POST", "second_step.enter_code"),
    ("/login/forgot", "GET", "reset_views.forgot"),
    ("/login/forgot", "POST", "reset_views.send_link"),
    ("/login/new-password/<link>", "GET", "reset_views.new_password"),
    ("/login/new-password/<link>", "POST", "reset_views.set_new_password"),
    ("/login/with/<id>", "GET", "provider_views.go_to_provider"),
    ("/login/with/<id>/back", "GET", "provider_views.come_back"),
    ("/login/passkey/options", "POST", "passkey_views.sign_in_options"),
    ("/login/passkey", "POST", "passkey_views.enter_passkey"),
    (f"{_OWN}/passkeys/options", "POST", "passkey_views.passkey_options"),
    (f"{_OWN}/passkeys", "POST", "passkey_views.add_passkey"),
    (
        f"{_OWN}/passkeys/<int:passkey_id>/remove",
        "POST",
        "passkey_views.remove_passkey",
    ),
    (f"{_OWN}/codes", "GET", "codes_page.show_codes"),
    (f"{_OWN}/codes/begin", "POST", "codes_page.begin_codes"),
    (f"{_OWN}/codes", "POST", "codes_page.confirm_codes"),
    (f"{_OWN}/codes/recovery", "POST", "codes_page.renew_recovery"),
    (f"{_OWN}/codes/end", "POST", "codes_page.end_codes"),
    (f"{_OWN}/set-up", "GET", "policy.set_up"),
    ("/setup/sign-ins", "GET", "journal_page.sign_ins"),
)


def entrance_blueprint() -> Blueprint:
    """The pages of the ways in."""
    blueprint = Blueprint("entrance", __name__)
    for address, method, place in ROUTES:
        view = LateView(__package__, place)
        blueprint.add_url_rule(address, view.__name__, view, methods=[method])
    return blueprint
