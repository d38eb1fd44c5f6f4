"""What a worker does once it answers."""

import gc

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
