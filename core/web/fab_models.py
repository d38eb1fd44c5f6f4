"""Gives the table metadata of Flask-AppBuilder's security models.

Only `account_tables` (to create tables) and the tests (to compare columns) call it, so
the rest of the account code starts without importing the framework.
"""

import sqlalchemy as sa


def framework_metadata() -> sa.MetaData:
    """The metadata that holds every `ab_*` table."""
    from flask_appbuilder import Model
    from flask_appbuilder.security.sqla import models

    assert models.User.metadata is Model.metadata
    metadata: sa.MetaData = Model.metadata
    return metadata
