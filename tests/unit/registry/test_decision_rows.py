"""Which gaps and dead rows of a decision are told, and which are left to the author."""

import pytest

from tests.unit.registry.making import built

FEE = """== a/decisions/d.yml
decision: a.d
inputs: {{n: {{type: integer, min: 0}}, name: {{type: text}}, on: {{type: boolean}}}}
outputs: {{out: {{type: decimal}}}}
{body}
"""
ON, OFF = "{when: on, then: {out: 1}}", "{when: not on, then: {out: 2}}"
THREE = "{when: n == 3, then: {out: 3}}"
LOW, HIGH = "{when: n < 5, then: {out: 1}}", "{when: n >= 5, then: {out: 2}}"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (f"rows: {{a: {LOW}, b: {HIGH}}}", []),
        (f"rows: {{a: {LOW}}}", ["W426"]),
        (f"on_none: refuse\nrows: {{a: {LOW}}}", []),
        (f"on_none: 'null'\nrows: {{a: {LOW}}}", []),
        (f"otherwise: {{out: 0}}\nrows: {{a: {LOW}}}", []),
        (f"mode: all\nrows: {{a: {LOW}}}", []),
        ("rows: {a: {when: n >= 0, then: {out: 1}}}", []),
        (f"rows: {{a: {LOW}, b: {HIGH}, c: {{then: {{out: 3}}}}}}", ["W427"]),
        (f"rows: {{a: {LOW}, b: {HIGH}, c: {THREE}}}", ["W427"]),
        (f"rows: {{a: {{when: on, then: {{out: 1}}}}, b: {HIGH}}}", ["W426"]),
        (
            "rows: {a: {when: on, then: {out: 1}}, b: {when: not on, then: {out: 2}}}",
            [],
        ),
        # What a text may be is not to be tried.
        ("rows: {a: {when: name == 'x', then: {out: 1}}}", []),
        ("rows: {a: {when: n < length(name), then: {out: 1}}}", []),
    ],
)
def test_rows_of_a_decision(tmp_path, body, codes):
    assert built(tmp_path, FEE.format(body=body)).codes == codes
