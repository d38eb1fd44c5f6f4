"""Approvals of workflows: mistakes are told where they are."""

import pytest

from tests.unit.registry.making import built

WORLD = """== shop/permissions.yml
permissions: shop
roles: {{boss: {{}}}}
== shop/entities/offer.yml
entity: shop.offer
fields:
  name: {{type: text, required: true}}
  state: {{type: choice}}
  total: {{type: integer}}
== shop/workflows/offer.yml
workflow: shop.offer
entity: shop.offer
state: state
states: {{draft: {{}}, waiting: {{}}, sent: {{kind: closed}}}}
transitions:
  submit: {{from: draft, to: waiting}}
  send: {{from: [draft, waiting], to: sent}}
  drop: {{from: draft, to: sent, reason: true}}
approvals:
  {approvals}
"""


def test_a_sound_approval_brings_its_buttons(tmp_path) -> None:
    text = "waiting: {levels: [{roles: boss}], pass: send}"
    made = built(tmp_path, WORLD.format(approvals=text))
    assert made.codes == []
    actions = made.registry.entities["shop.offer"].actions
    assert "approve" in actions
    assert "reject" not in actions
    assert actions["send"].when.text == "state in ['draft']"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("waitin: {levels: [{roles: boss}], pass: send}", "E431", "no state 'waitin'"),
        ("waiting: {levels: [], pass: send}", "E205", "at least one level"),
        ("waiting: {levels: [{need: 2}], pass: send}", "E205", "nobody is named"),
        (
            "waiting: {levels: [{roles: boss, need: 0}], pass: send}",
            "E205",
            "one person at least",
        ),
        ("waiting: {levels: [{roles: boss}], pass: sned}", "E301", "'sned'"),
        ("waiting: {levels: [{roles: boss}], pass: submit}", "E205", "does not lead"),
        ("draft: {levels: [{roles: boss}], pass: drop}", "E205", "asks something"),
        (
            "waiting: {levels: [{roles: boss}], pass: send, reapprove: [totl]}",
            "E402",
            "no field 'totl'",
        ),
        (
            "waiting: {levels: [{roles: boss}], pass: send, not_by: [total]}",
            "E419",
            "people are needed",
        ),
        ("waiting: {levels: [{roles: bos}], pass: send}", "E418", "bos"),
        ("waiting: {levels: [{users: total}], pass: send}", "E419", "people"),
        (
            "waiting: {levels: [{roles: boss}], pass: send, "
            "escalate: {after: 2 days, to: total}}",
            "E419",
            "people are needed",
        ),
        (
            "waiting: {levels: [{roles: boss, when: totl > 1}], pass: send}",
            "E402",
            "totl",
        ),
    ],
)
def test_mistakes_are_told(tmp_path, text: str, code: str, said: str) -> None:
    made = built(tmp_path, WORLD.format(approvals=text))
    assert made.codes == [code], made.messages
    assert said in made.messages[0]


def test_the_buttons_have_names_of_their_own(tmp_path) -> None:
    text = "waiting: {levels: [{roles: boss}], pass: send}"
    world = WORLD.format(approvals=text).replace("drop:", "approve:")
    assert built(tmp_path, world).codes == ["E302"]
