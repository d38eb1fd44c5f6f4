"""Numbers in addresses, as far as a database can hold them.

The factory installs it; an address with a larger number is one that does not exist.
"""

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1


class WholeNumber(IntegerConverter):
    """`<int:...>` of every route; without a limit of its own it has the database's."""

    def __init__(self, map: Map, *places: Any, **named: Any) -> None:
        super().__init__(map, *places, **{"max": LARGEST, **named})
