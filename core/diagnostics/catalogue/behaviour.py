"""Warnings of behaviour: workflows that are right in each part and wrong as a whole.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

#: What all examples begin with.
_LOAN = (
    "entity: library.loan\n"
    "fields: {state: {type: choice}, late: {type: boolean}, fee: {type: decimal}}\n"
    "---\n"
    "workflow: library.loan\n"
    "entity: library.loan\n"
    "state: state\n"
)

CODES = (
    Code(
        id="W440",
        title="State that records never get to",
        reason=(
            "No transition leads to the state from the one in which records begin."
        ),
        bad=(
            _LOAN + "states: {out: {}, lost: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: [out, lost], to: back}}"
        ),
        good=(
            _LOAN + "states: {out: {}, lost: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: lost}\n"
            "  bring: {from: [out, lost], to: back}"
        ),
    ),
    Code(
        id="W441",
        title="Open state without a way out",
        reason=("Records rest there for ever, and count as open work."),
        bad=(
            _LOAN + "states: {out: {}, lost: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: lost}\n"
            "  bring: {from: out, to: back}"
        ),
        good=(
            _LOAN + "states: {out: {}, lost: {kind: closed}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: lost}\n"
            "  bring: {from: out, to: back}"
        ),
    ),
    Code(
        id="W442",
        title="Transition that nobody may take",
        reason=(
            "No role holds its verb, no effect takes it, and it is not taken by itself."
        ),
        bad=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  bring: {from: out, to: back}\n"
            "  forget: {from: out, to: back, hidden: true}"
        ),
        good=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  bring: {from: out, to: back}\n"
            "  forget: {from: out, to: back, auto: true, when: late}"
        ),
    ),
    Code(
        id="W443",
        title="Transition that is never possible",
        reason=(
            "Its condition and its guards contradict each other: no record can take it."
        ),
        bad=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  bring: {from: out, to: back}\n"
            "  pay: {from: out, to: back, when: fee > 10, guard: {check: fee < "
            "5}}"
        ),
        good=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  bring: {from: out, to: back}\n"
            "  pay: {from: out, to: back, when: fee > 10, guard: {check: fee < "
            "50}}"
        ),
    ),
    Code(
        id="W444",
        title="Two transitions due at once",
        reason=(
            "Both are taken by themselves for the same record, and only one can be."
        ),
        bad=(
            _LOAN + "states: {out: {}, lost: {kind: closed}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: lost, auto: true, when: fee > 10}\n"
            "  bring: {from: out, to: back, auto: true, when: late}"
        ),
        good=(
            _LOAN + "states: {out: {}, lost: {kind: closed}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: lost, auto: true, when: fee > 10 and not "
            "late}\n"
            "  bring: {from: out, to: back, auto: true, when: late}"
        ),
    ),
    Code(
        id="W445",
        title="Transitions that go round by themselves",
        reason=("A record that meets all their conditions would never come to rest."),
        bad=(
            _LOAN + "states: {out: {}, missed: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: missed, auto: true, when: late}\n"
            "  find: {from: missed, to: out, auto: true, when: fee > 0}\n"
            "  bring: {from: out, to: back}"
        ),
        good=(
            _LOAN + "states: {out: {}, missed: {}, back: {kind: closed}}\n"
            "transitions:\n"
            "  miss: {from: out, to: missed, auto: true, when: late}\n"
            "  find: {from: missed, to: out, auto: true, when: not late}\n"
            "  bring: {from: out, to: back}"
        ),
    ),
    Code(
        id="W446",
        title="Hours without a calendar",
        reason=(
            "The timer or clock counts nights and weekends although a calendar is in "
            "reach."
        ),
        bad=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}\n"
            "timers:\n"
            "  ask: {in: out, after: 8 hours, do: [{transition: {name: "
            "bring}}]}\n"
            "  stop: {in: out, after: 8 hours, calendar: "
            "ref('base.calendar.standard'), do: [{transition: {name: bring}}]}"
        ),
        good=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}\n"
            "timers:\n"
            "  ask: {in: out, after: 1 day, do: [{transition: {name: bring}}]}\n"
            "  stop: {in: out, after: 8 hours, calendar: "
            "ref('base.calendar.standard'), do: [{transition: {name: bring}}]}"
        ),
    ),
    Code(
        id="W447",
        title="Timer that never does anything",
        reason=("No record gets to its states, or none of them meets its condition."),
        bad=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}\n"
            "timers:\n"
            "  ask: {in: out, after: 1 day, when: state == 'back', do: "
            "[{transition: {name: bring}}]}"
        ),
        good=(
            _LOAN + "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}\n"
            "timers:\n"
            "  ask: {in: out, after: 1 day, when: late, do: [{transition: "
            "{name: bring}}]}"
        ),
    ),
    Code(
        id="W448",
        title="Clock that never begins or never ends",
        reason=(
            "Nothing stops it, or its `start` or `stop` holds for no record: it never "
            "counts, or every record becomes overdue."
        ),
        bad=(
            "entity: library.loan\n"
            "fields: {back: {type: boolean}}\n"
            "---\n"
            "clock: library.lent\n"
            "entity: library.loan\n"
            "start: not back\n"
            "target: 28 days"
        ),
        good=(
            "entity: library.loan\n"
            "fields: {back: {type: boolean}}\n"
            "---\n"
            "clock: library.lent\n"
            "entity: library.loan\n"
            "start: not back\n"
            "stop: back\n"
            "target: 28 days"
        ),
    ),
)
