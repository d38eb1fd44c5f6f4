"""What a worker does once it answers."""

import gc
from dataclasses import replace

from flask import Flask

from core.web.server import load_rest


def test_a_worker_that_answers_loads_the_rest_and_collects_garbage(app: Flask) -> None:
    state = app.extensions["intarsia"]
    gc.disable()
    try:
        load_rest(app, state)
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.enable()
    assert state.sign_in_manager is None


def test_a_worker_that_asks_a_directory_loads_the_framework(app: Flask) -> None:
    state = app.extensions["intarsia"]
    options = (("AUTH_LDAP_SERVER", "ldap://127.0.0.1"),)
    state.settings = replace(state.settings, auth_type=2, auth_options=options)
    try:
        load_rest(app, state)
    finally:
        gc.unfreeze()
    assert state.sign_in_manager is not None
