"""The text of expressions: what is refused, and with what hint."""

import pytest

from core.expressions.parser import parse_text
from core.expressions.tokens import Refused


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("name contains 'x'", "at 'contains'", "write contains(field, 'text')"),
        ("a like '%x'", "at 'like'", "write contains(field, 'text')"),
        ("a between 1 and 2", "at 'between'", "write a <= field and field <= b"),
        ("a = 3", "at '='", "two values are compared by =="),
        ("a b", "at 'b'", None),
        ("a +", "this is not an expression", None),
    ],
)
def test_habits_of_other_languages_are_named(text, message, help):
    with pytest.raises(Refused) as refused:
        parse_text(text)
    assert refused.value.code == "E401"
    assert refused.value.message.endswith(message)
    assert refused.value.help == help
