"""Codes of workflows, reported where they are woven into their entities.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E430",
        title="Field that cannot hold a state",
        reason=(
            "A workflow is the only writer of its state: a plain choice field whose "
            "values and first value come from the states."
        ),
        bad=(
            "entity: library.loan\n"
            "fields: {state: {type: text}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}"
        ),
        good=(
            "entity: library.loan\n"
            "fields: {state: {type: choice}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}"
        ),
    ),
    Code(
        id="E431",
        title="Unknown state",
        reason="Transitions lead from states of their workflow to one of them.",
        bad=(
            "entity: library.loan\n"
            "fields: {state: {type: choice}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: bakc}}"
        ),
        good=(
            "entity: library.loan\n"
            "fields: {state: {type: choice}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}"
        ),
    ),
    Code(
        id="E432",
        title="State written past its workflow",
        reason=(
            "Guards, rights and events of a transition hold only if nothing else "
            "writes the state; so do the times that a clock keeps."
        ),
        bad=(
            "entity: library.loan\n"
            "fields: {state: {type: choice}}\n"
            "actions: {end: {do: [{set: {state: back}}]}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}"
        ),
        good=(
            "entity: library.loan\n"
            "fields: {state: {type: choice}}\n"
            "actions: {end: {do: [{transition: {name: bring}}]}}\n"
            "---\n"
            "workflow: library.loan\n"
            "entity: library.loan\n"
            "state: state\n"
            "states: {out: {}, back: {kind: closed}}\n"
            "transitions: {bring: {from: out, to: back}}"
        ),
    ),
    Code(
        id="E433",
        title="Event that nobody raises",
        reason=(
            "Events are those that come by themselves, those of transitions and those "
            "of the effect `emit`; lines are saved with their document, without any."
        ),
        bad=(
            "automation: library.welcome\n"
            "event: library.member.creatd\n"
            "do: [{set: {email: a@b.example}}]"
        ),
        good=(
            "automation: library.welcome\n"
            "event: library.member.created\n"
            "do: [{set: {email: a@b.example}}]"
        ),
    ),
    Code(
        id="E434",
        title="Flow that leads back without an end",
        reason=(
            "Steps go forward; a way back says how often it may be gone, or an "
            "instance would go round for ever."
        ),
        bad=(
            "flow: library.welcome\n"
            "subject: library.member\n"
            "steps:\n"
            "  greet: {do: [{emit: {event: greeted}}]}\n"
            "  again: {goto: greet}"
        ),
        good=(
            "flow: library.welcome\n"
            "subject: library.member\n"
            "steps:\n"
            "  greet: {do: [{emit: {event: greeted}}]}\n"
            "  again: {goto: {step: greet, most: 3}}"
        ),
    ),
    Code(
        id="E435",
        title="Field that cannot keep a clock",
        reason=(
            "A clock is the only writer of what it keeps: `due` in a datetime, "
            "`elapsed` in a duration, `state` in a choice without choices; it does "
            "not read them itself."
        ),
        bad=(
            "entity: library.loan\n"
            "fields: {back: {type: boolean}, due: {type: date}}\n"
            "---\n"
            "clock: library.lent\n"
            "entity: library.loan\n"
            "start: not back\n"
            "stop: back\n"
            "target: 28 days\n"
            "due: due"
        ),
        good=(
            "entity: library.loan\n"
            "fields: {back: {type: boolean}, due: {type: datetime}}\n"
            "---\n"
            "clock: library.lent\n"
            "entity: library.loan\n"
            "start: not back\n"
            "stop: back\n"
            "target: 28 days\n"
            "due: due"
        ),
    ),
)
