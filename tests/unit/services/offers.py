"""A module whose offers are approved: by two of sales, large ones by the director."""

OFFERS = """\
== trade/module.yml
module: trade
title: Trade
version: 1.0.0
depends: {base: ">=0.1"}
== trade/numbering.yml
numbering: trade.offer
format: "O{seq:3}"
== trade/permissions.yml
permissions: trade
roles:
  clerk: {}
  boss: {label: Head of sales}
  chief: {label: Director, delegable: false}
grants:
  clerk: {trade.offer: all, base.user: read}
  boss: {trade.offer: all}
  chief: {trade.offer: all}
== trade/entities/offer.yml
entity: trade.offer
title: name
timeline: true
fields:
  name: {type: text, required: true}
  number: {type: number, numbering: trade.offer}
  state: {type: choice}
  discount: {type: percent, default: 0}
  note: {type: text}
  why: {type: text}
  owner: {type: link, to: base.user}
  second: {type: link, to: base.user}
== trade/workflows/offer.yml
workflow: trade.offer
entity: trade.offer
state: state
states:
  draft: {}
  waiting: {label: Waiting for approval}
  sent: {kind: closed}
transitions:
  submit: {from: draft, to: waiting}
  send:
    from: [draft, waiting]
    to: sent
    guard:
      - check: state == 'waiting' or discount <= 10
        say: "{discount} % needs approval."
      - {check: "name != 'Broken'", say: A broken offer is not sent.}
    numbering: trade.offer
  refuse:
    from: waiting
    to: draft
    reason: true
    do: [{set: {why: =ask.reason}}]
approvals:
  waiting:
    levels:
      - {roles: boss, need: 2}
      - {roles: chief, when: discount > 25}
    not_by: [created_by, owner]
    pass: send
    reject: refuse
    reapprove: [discount]
    escalate: {after: 2 days, to: second}
"""
