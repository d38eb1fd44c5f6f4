"""The mapping of the benchmark's file of plain columns."""

from core.exchange import Column, Mapping


def plain_mapping() -> Mapping:
    """Seven columns of text, a choice among them, into parties found by number."""
    pairs = (
        ("Number", "code"),
        ("Name", "name"),
        ("Language", "language"),
        ("Notes", "notes"),
        ("Job", "job_title"),
        ("First", "first_name"),
        ("Last", "last_name"),
    )
    columns = tuple(Column((source,), target) for source, target in pairs)
    return Mapping("base.party", columns, key="code")
