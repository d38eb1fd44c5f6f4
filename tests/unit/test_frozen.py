"""`frozen` values behave as the standard frozen dataclasses with slots do."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from core.frozen import frozen


@frozen
class Point:
    """Two numbers and where they come from, which does not count when compared."""

    x: int
    y: int = 2
    source: str = field(default="hand", compare=False, repr=False)
    marks: list[str] = field(default_factory=list, compare=False)


@frozen(kw_only=True)
class Named(Point):
    """A point with a name; `missing` and `put` are names like any other."""

    name: str
    missing: int = 7
    put: int = 8

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("no name")


@dataclass(frozen=True, slots=True)
class Standard:
    """What the standard decorator makes of the same fields."""

    x: int
    y: int = 2
    source: str = field(default="hand", compare=False, repr=False)
    marks: list[str] = field(default_factory=list, compare=False)


def test_values_are_made_compared_and_shown_as_by_the_standard_decorator() -> None:
    ours, theirs = Point(1, source="file"), Standard(1, source="file")
    assert asdict(ours) == asdict(theirs)
    assert repr(ours) == repr(theirs).replace("Standard", "Point")
    assert (ours == Point(1), ours == Point(2), ours == theirs) == (True, False, False)
    assert hash(ours) == hash(Point(1)) == hash(Standard(1))
    assert Point(1).marks is not Point(1).marks
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert replace(ours, y=5) == Point(1, 5)


def test_nothing_can_be_changed_or_added() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="'x' of a Point"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.y  # type: ignore[misc]
    assert not hasattr(point, "__dict__")


def test_a_subclass_takes_its_own_fields_by_name_and_checks_them() -> None:
    named = Named(1, name="a")
    assert (named.x, named.y, named.missing, named.put) == (1, 2, 7, 8)
    assert named != Point(1)
    with pytest.raises(ValueError, match="no name"):
        Named(1, name="")
    for wrong in ((1, 2, "hand", [], "a"), ()):
        with pytest.raises(TypeError):
            Named(*wrong)  # type: ignore[call-arg, arg-type]


def test_values_survive_copies_and_pickles() -> None:
    named = Named(1, 3, name="a", put=9)
    for again in (
        copy.copy(named),
        copy.deepcopy(named),
        pickle.loads(pickle.dumps(named)),
    ):
        assert asdict(again) == asdict(named)


def test_a_class_is_taken_at_its_word() -> None:
    @frozen
    class Loud:
        text: str

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

        def __repr__(self) -> str:
            return self.text.upper()

    assert (repr(Loud("a")), Loud("a") == 5) == ("A", True)
    with pytest.raises(TypeError):
        hash(Loud("a"))
