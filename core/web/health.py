"""Two addresses for those who watch over the server: is it alive, is it ready.

Registered by the factory. They name nothing of the installation and need no sign-in.
"""

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from core.storage import StorageError, tables
from core.web.state import web


def health_blueprint() -> Blueprint:
    """`/healthz` and `/readyz`, for any stranger."""
    blueprint = Blueprint("health", __name__)
    blueprint.add_url_rule("/healthz", "alive", alive)
    blueprint.add_url_rule("/readyz", "ready", ready)
    blueprint.after_request(_uncached)
    return blueprint


def alive() -> ResponseReturnValue:
    """200 as long as the process answers; a supervisor restarts it otherwise."""
    return jsonify(status="ok")


def ready() -> ResponseReturnValue:
    """200 if the database answers and is set up; else 503, and a proxy waits."""
    try:
        with web().database.reading() as connection:
            connection.execute(sa.select(tables.snapshot.c.id).limit(1)).all()
    except (StorageError, sa.exc.SQLAlchemyError):
        return jsonify(status="unavailable"), 503
    return jsonify(status="ok")


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
