"""The lock-out: it counts, pauses longer each time and tells nothing."""

import dataclasses

import pytest

from core.web import sign_in
from core.web.accounts import load_account
from core.web.entrance.kept_sessions import Visitor
from tests.unit.web.conftest import PASSWORD, account_database

HOME = "192.0.2.7"


class Door:
    """Tries to sign in at a time that the test moves."""

    def __init__(self, database):
        self.database = database
        self.now = 1_800_000_000

    def knock(self, login="mara", password="wrong", address=HOME):
        return sign_in.check(
            self.database, login, password, Visitor(address), now=lambda: self.now
        )


@pytest.fixture
def database(database_url):
    made = account_database(database_url, "shop.user")
    yield made
    made.dispose()


@pytest.fixture
def door(database, mara):
    return Door(database)


def test_the_right_password_opens(door, mara):
    outcome = door.knock(password=PASSWORD)
    assert outcome.account == mara
    # Not signed in yet: a code may be asked for.
    assert load_account(door.database, mara.id).last_login is None


def test_who_came_in_is_remembered(door, mara):
    sign_in.admit(door.database, mara, "password", Visitor(HOME))
    assert load_account(door.database, mara.id).last_login is not None


def test_five_failures_make_a_pause_that_even_the_right_password_waits_for(door):
    left = [door.knock().tries_left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    refused = door.knock(password=PASSWORD)
    assert refused.account is None
    assert refused.pause == sign_in.FIRST_PAUSE
    door.now += sign_in.FIRST_PAUSE
    assert door.knock(password=PASSWORD).account


def test_the_pause_doubles_up_to_a_limit(door):
    pauses = []
    for number in range(20):
        door.knock(address=f"192.0.2.{number}")
        pause = door.knock(address="198.51.100.1").pause
        if pause:
            pauses.append(pause)
            door.now += pause
    assert pauses[:4] == [30, 60, 120, 240]
    assert max(pauses) == pauses[-1] == sign_in.LONGEST_PAUSE


def test_success_forgives(door):
    for _ in range(4):
        door.knock()
    assert door.knock(password=PASSWORD).account
    assert door.knock().tries_left == 4


def test_failures_of_a_day_ago_are_forgotten(door):
    for _ in range(4):
        door.knock()
    door.now += sign_in.FORGET_AFTER + 1
    assert door.knock().tries_left == 4


def test_one_address_with_many_names_is_paused_too(door):
    for number in range(sign_in.FREE_TRIES_ADDRESS):
        door.knock(login=f"user{number}")
    assert door.knock(login="yet another").pause > 0
    assert door.knock(login="yet another", address="192.0.2.99").pause == 0


def test_an_unknown_user_cannot_be_told_from_a_known_one(door):
    known = [door.knock("mara", address="192.0.2.1") for _ in range(7)]
    unknown = [door.knock("nobody", address="192.0.2.2") for _ in range(7)]
    assert [dataclasses.astuple(o) for o in known] == [
        dataclasses.astuple(o) for o in unknown
    ]


def test_spelling_the_name_differently_does_not_help(door):
    for name in ("mara", "MARA", " mara", "Mara ", "maRa"):
        door.knock(name)
    assert door.knock("mara").pause > 0


def test_a_try_counts_before_the_password_is_checked(door, monkeypatch):
    def slow(database, login, password):
        monkeypatch.undo()
        inner.append(door.knock().tries_left)

    inner = []
    monkeypatch.setattr(sign_in, "verify_password", slow)
    sign_in.check(door.database, "mara", "x", Visitor(HOME), now=lambda: door.now)
    assert inner == [3]


def test_an_administrator_can_end_the_pause(door):
    for _ in range(6):
        door.knock()
    sign_in.unlock(door.database, "Mara")
    assert door.knock(password=PASSWORD).account
