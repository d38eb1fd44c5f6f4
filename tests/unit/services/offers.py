"""A module whose offers are approved: by two of sales, large ones by the director."""

OFFERS = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/numbering.yml
numbering: work.offer
format: "O{seq:3}"
== work/permissions.yml
permissions: work
roles:
  clerk: {}
  boss: {label: Head of sales}
  chief: {label: Director, delegable: false}
grants:
  clerk: {work.offer: all, base.user: read}
  boss: {work.offer: all}
  chief: {work.offer: all}
== work/entities/offer.yml
entity: work.offer
title: name
timeline: true
fields:
  name: {type: text, required: true}
  number: {type: number, numbering: work.offer}
  state: {type: choice}
  discount: {type: percent, default: 0}
  note: {type: text}
  why: {type: text}
  owner: {type: link, to: base.user}
== work/workflows/offer.yml
workflow: work.offer
entity: work.offer
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
    numbering: work.offer
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
"""
