"""A condition over a long list of values, in the form that suits the database.

Asked by whoever looks for thousands of values at once: keys of an import, unique
values of a batch.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def among(
    column: sa.ColumnElement[Any], parameter: str, connection: sa.Connection
) -> sa.ColumnElement[bool]:
    """The condition that a column is in the list given as a parameter.

    PostgreSQL gets the list as one array: with a place for each value the text of the
    statement would be another one, and as long, for every list.
    """
    if connection.dialect.name == "postgresql":
        array = sa.bindparam(parameter, type_=sa.ARRAY(column.type))
        return column == sa.any_(array)
    return column.in_(sa.bindparam(parameter, expanding=True))
