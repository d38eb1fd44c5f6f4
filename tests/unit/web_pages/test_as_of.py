"""Views of one day: the rows that count then, today unless the address says a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.services import Actor

FEES = "/library/fee"
DAYS = {
    "Old": ("2020-01-01", "2020-12-31"),
    "New": ("2021-01-01", None),
    "Next": ("2999-01-01", None),
}


@pytest.fixture
def fees(library):
    made = [
        library.make(
            "library.fee",
            name=f"{name} fee",
            reader_kind="child" if name == "Next" else "adult",
            since=since,
            until=until,
        )
        for name, (since, until) in DAYS.items()
    ]
    yield made
    with library.application.transaction(Actor.system()) as tx:
        tx.delete_many("library.fee", made)


def shown(page: str) -> list[str]:
    return [name for name in DAYS if f"{name} fee" in page]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("", ["New"]),
        ("2020-01-01", ["Old"]),
        ("2020-12-31", ["Old"]),
        ("2021-01-01", ["New"]),
        ("2019-12-31", []),
        ("2999-01-01", ["New", "Next"]),
        ("nonsense", ["New"]),
    ],
)
@pytest.mark.parametrize("view", ["", "library.fee_board"])
def test_the_rows_that_count_on_a_day(boss, fees, view, day, expected):
    page = boss.get(f"{FEES}?tab=all&view={view}&on={day}")
    assert shown(page) == expected
    known = day if day and day != "nonsense" else ""
    assert f'name="on" value="{known or date.today()}"' in page or not known


def test_the_day_stays_while_the_list_is_used(boss, fees):
    page = boss.get(f"{FEES}?on=2020-06-01&tab=all")
    assert "on=2020-06-01" in page.partition("i-grid")[2], "heads of columns"
    assert '<input type="hidden" name="on" value="2020-06-01" />' in page, "search"
    assert f'href="{FEES}?tab=all">Today' in page
    assert shown(boss.get(f"{FEES}?on=2020-06-01&tab=all&q=new")) == []


def test_other_lists_have_no_day(boss):
    tomorrow = date.today() + timedelta(days=1)
    assert 'type="date" name="on"' not in boss.get(
        f"/library/book?tab=all&on={tomorrow}"
    )
