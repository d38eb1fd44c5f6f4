"""Words that may not stand in the code, and words that must."""

import ast
import io
import re
import tokenize

import pytest

from tests.architecture.sources import (
    CODE,
    ROOT,
    Source,
    python_files,
    read,
    report,
    text_files,
)

# What a business trades in is the modules' affair. Plurals are meant as well.
BUSINESS = re.compile(
    r"\b(invoice|quotation|opportunity|opportunitie|warehouse|customer|supplier"
    r"|salesperson|payroll|inventory|employee|purchase|dunning|receivable|payable"
    r"|ledger entry|journal entry|work order|price list|sales order)s?\b",
    re.IGNORECASE,
)
# As a verb it is harmless: a link leads to a record.
LEAD = re.compile(
    r"^leads?$|\.leads?\b|\b(a|an|the|this|each|every|new|of|open) leads?\b",
    re.IGNORECASE,
)
# One letter of each in brackets, so that this file does not contain what it forbids.
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b")
SKIPPED = re.compile(r"pytest[.]ski[p]|mark[.](ski[p]|xfai[l])|importorski[p]")
BAD_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})
PRIVATE = re.compile(
    r"(?<![\w.])/wor[k]/|(?<![\w.])/tm[p]/|pypi[.]org|pythonhoste[d]|registry[.]npmj[s]"
    r"|--(extra-)?index-ur[l]|this sessio[n]|\bsubagent[s]?\b|language mode[l]\b",
    re.IGNORECASE,
)
TEXTS = (".py", ".md", ".yml", ".yaml", ".html", ".css", ".js", ".txt", ".toml")


def words_of(source: Source) -> list[tuple[int, str]]:
    """Return line and text of each identifier and string; comments are left out.

    Identifiers are split at underscores and capitals: `open_leads` -> open leads.
    """
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        name = tokenize.tok_name[token.type]
        if name == "NAME":
            parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", token.string).split("_")
            # Not the noun: the lead before a text, what leads somewhere.
            if parts != ["lead"] and parts[0] != "leads":
                found += [(token.start[0], part) for part in (*parts, " ".join(parts))]
        elif name in ("STRING", "FSTRING_MIDDLE"):
            text = token.string.strip("rbfuRBFU").strip("'\"")
            found.append((token.start[0], text.replace("_", " ")))
    return found


def business_nouns(source: Source) -> list[str]:
    """Business nouns in a Python file or, for others, anywhere in the text."""
    texts = (
        words_of(source)
        if source.path.endswith(".py")
        else list(enumerate(source.lines, 1))
    )
    found = {}
    for line, text in texts:
        match = BUSINESS.search(text) or LEAD.search(text)
        if match:
            found[f"{source.path}:{line}: {match[0]!r} belongs into a module"] = None
    return list(found)


def matches(pattern: re.Pattern[str], source: Source) -> list[str]:
    return [
        f"{source.path}:{number}: {match[0]}"
        for number, line in enumerate(source.lines, 1)
        if (match := pattern.search(line))
    ]


def all_texts() -> list[Source]:
    folders = (*CODE, "configs", "docs", "locks")
    files = [file for folder in folders for file in text_files(folder, *TEXTS)]
    tops = ("*.md", "*.toml", "*.py", "Makefile", ".ci/run", ".pre-commit-config.yaml")
    return files + [read(path) for top in tops for path in sorted(ROOT.glob(top))]


def test_no_business_noun_in_core():
    files = [*python_files("core"), *text_files("core", ".html", ".yml", ".js")]
    found = [line for file in files for line in business_nouns(file)]
    assert not found, report(found)


def test_nothing_is_left_unfinished():
    found = [line for file in python_files(*CODE) for line in matches(UNFINISHED, file)]
    assert not found, report(found)


def test_no_test_is_skipped():
    found = [
        line
        for file in python_files("tests", "modules")
        for line in matches(SKIPPED, file)
    ]
    assert not found, report(found)


def test_file_names_say_what_is_inside():
    found = [
        file.path
        for file in python_files(*CODE)
        if BAD_NAMES & set(file.path.removesuffix(".py").split("/"))
    ]
    assert not found, report(found)


def test_each_file_of_core_says_what_it_is():
    found = [
        file.path for file in python_files("core") if not ast.get_docstring(file.tree)
    ]
    assert not found, report(found)


def test_nothing_points_at_the_place_where_it_was_made():
    found = [line for file in all_texts() for line in matches(PRIVATE, file)]
    assert not found, report(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open_leads = 1", True),
        ("class CustomerForm: ...", True),
        ("lead_score = 1", True),
        ("class Lead: ...", True),
        ("lead = len(text) - len(text.lstrip())", False),
        ("leads_there = 1", False),
        ("x = 'crm.lead'", True),
        ('"""Turns a lead into a deal."""', True),
        ("x = 'Invoices'", True),
        ("x = 'ledger_entry'", True),
        ('"""Imports lead downward, a link leads to a record."""', False),
        ("leading = misleading", False),
        ("party, company, ledger = 1, 2, True", False),
    ],
)
def test_a_business_noun_is_noticed(text, found):
    assert bool(business_nouns(Source("core/a.py", text))) is found


@pytest.mark.parametrize("name", ["work", "tmp"])
def test_a_private_place_is_noticed(name):
    assert matches(PRIVATE, Source("docs/a.md", f"see /{name}/x"))
    assert not matches(PRIVATE, Source("docs/a.md", f"see base/{name}/x"))
