"""The modules that come along: sound, translated, with icons that exist."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.diagnostics import Diagnostics, render_all
from core.fieldtypes import builtin_catalog
from core.registry import Registry, build_registry, choices_of, discover, order
from core.registry.clocks import ClockStates

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "modules", ROOT / "docs" / "examples")
OWN = ("base", "contacts", "crm", "sales", "crm_sales")
DATA = ROOT / "modules" / "base" / "data"


@pytest.fixture(scope="module")
def built() -> tuple[Registry, Diagnostics]:
    diagnostics = Diagnostics()
    modules = order(
        discover(PLACES, diagnostics, entry_points=False), None, diagnostics
    )
    return build_registry(modules, builtin_catalog(), diagnostics), diagnostics


def test_the_modules_have_neither_errors_nor_warnings(
    built: tuple[Registry, Diagnostics],
) -> None:
    _, diagnostics = built
    assert not len(diagnostics), render_all(diagnostics, lambda file: None)


# Words that are the same in English and German.
SAME = frozenset(
    [
        "Administrator",
        "BIC",
        "Bank",
        "Base",
        "Budget",
        "CRM",
        "Code",
        "D-U-N-S",
        "Fax",
        "IBAN",
        "Lead",
        "Logo",
        "Leads",
        "Medium",
        "Name",
        "Newsletter",
        "Organisation",
        "Person",
        "Pipeline",
        "Pipelines",
        "Symbol",
        "Team",
        "Teams",
        "Warm",
        "Website",
    ]
)


def shown(registry: Registry) -> Iterator[str]:
    """Addresses of everything in base, contacts and crm that carries a label."""
    for entity in registry.entities.values():
        yield entity.address
        for field in entity.fields.values():
            if not field.hidden:
                address = f"{entity.address}/fields/{field.id}"
                yield address
                # The states of a clock are words of the platform.
                if not isinstance(field.choices, ClockStates):
                    yield from (f"{address}/choices/{c.key}" for c in choices_of(field))
        for part in (*entity.filters.values(), *entity.actions.values()):
            yield part.address
    for view in registry.views.values():
        if view.span.is_known:
            for part in (*view.sections.values(), *view.buttons.values()):
                yield part.address
    yield from (role.definition.address for role in registry.rights.roles.values())
    for menu in registry.menus.values():
        yield menu.address
        yield from (item.address for item in menu.items.values())


def test_everything_shown_has_a_german_text() -> None:
    diagnostics = Diagnostics()
    found = discover([ROOT / "modules"], diagnostics, entry_points=False)
    registry = build_registry(
        order(found, OWN, diagnostics), builtin_catalog(), diagnostics
    )
    untranslated = [
        address
        for address in shown(registry)
        if (english := registry.label(address)) not in SAME
        and registry.label(address, "de") == english
    ]
    assert untranslated == []


def test_every_icon_is_one_of_the_shipped_ones() -> None:
    icons = set(
        (ROOT / "core" / "definitions" / "icons.txt").read_text("utf-8").split()
    )
    named = {
        icon
        for place in PLACES
        for path in place.rglob("*.yml")
        for icon in re.findall(r"\bicon: ([a-z0-9-]+)", path.read_text("utf-8"))
    }
    assert named - icons == set()


def rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_countries_are_complete_and_distinct() -> None:
    countries = rows("countries.csv")
    assert len(countries) == 249
    for key in ("code", "alpha3", "name"):
        assert len({country[key] for country in countries}) == 249


def test_countries_name_only_shipped_currencies() -> None:
    known = {currency["code"] for currency in rows("currencies.csv")}
    used = {country["currency"] for country in rows("countries.csv")} - {""}
    assert used <= known


def test_the_veterinary_practice_stays_short() -> None:
    files = (ROOT / "docs" / "examples" / "vet").rglob("*.yml")
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) < 120
