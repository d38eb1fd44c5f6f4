"""Hooks are called for every module; failures name module and hook."""

import pytest

from core.expressions.function import Function
from core.expressions.types import INTEGER
from core.plugins import PluginError, PluginManager, hookimpl


class Refused(Exception):
    """An error that is meant for users."""


class Counting:
    """A module that notes what it is told."""

    def __init__(self) -> None:
        self.told = []

    @hookimpl
    def register_functions(self):
        yield Function("count.one", (), INTEGER, lambda: 1)

    @hookimpl
    def before_save(self, entity):
        return [f"no {entity}"]

    @hookimpl
    def after_save(self, changes, tx):
        self.told.append((tx, changes))

    @hookimpl
    def on_event(self, event, payload):
        self.told.append((event, payload))


class Failing:
    """A module whose hooks fail."""

    @hookimpl
    def before_save(self, change):
        raise Refused(change)

    @hookimpl
    def register_field_types(self):
        yield from ()
        raise ValueError("out of ideas")


def test_all_modules_take_part():
    counting = Counting()
    manager = PluginManager({"one": counting, "two": Counting()})
    assert set(manager.modules) == {"one", "two"}
    assert [function.name for function in manager.functions()] == ["count.one"] * 2
    assert manager.before_save("tx", "shop.thing", None) == ["no shop.thing"] * 2
    manager.after_save("tx", "shop.thing", [1])
    manager.on_event("tx", "shop.thing.created", {"id": 1})
    assert counting.told == [("tx", [1]), ("shop.thing.created", {"id": 1})]


def test_no_modules_no_problems():
    manager = PluginManager()
    assert manager.before_save(None, "shop.thing", None) == []
    assert manager.field_types() == ()


def test_failures_name_module_and_hook():
    manager = PluginManager({"bad": Failing()})
    with pytest.raises(PluginError, match="'bad' failed in 'register_field_types'"):
        manager.field_types()
    with pytest.raises(PluginError) as caught:
        manager.before_save(None, "shop.thing", 7)
    assert (caught.value.module, caught.value.hook) == ("bad", "before_save")


def test_errors_for_users_pass_through():
    manager = PluginManager({"bad": Failing()}, passed=(Refused,))
    with pytest.raises(Refused):
        manager.before_save(None, "shop.thing", 7)


def test_a_parameter_that_the_hook_does_not_have():
    class Wrong:
        @hookimpl
        def before_save(self, request):
            return []

    with pytest.raises(PluginError, match="'bad' failed in 'registration'"):
        PluginManager({"bad": Wrong()})


def test_managers_share_nothing():
    one, two = PluginManager({"a": Counting()}), PluginManager()
    assert one.modules == ("a",)
    assert two.modules == ()
