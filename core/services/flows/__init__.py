"""Flows: instances that go from step to step, rest, are woken, and go on.

`starting` begins one, `running` takes it to its next rest, `ending` cancels it,
`shown` lists them for people.
"""
