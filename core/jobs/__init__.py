"""What is done after a commit: events handed on, jobs run, failures tried again."""

from __future__ import annotations

from collections.abc import Callable

from core.app import Application
from core.jobs.dispatcher import Consumer, Dispatcher, GiveUp, TryAgain
from core.jobs.webhooks import WebhookConsumer


def dispatcher_of(current: Callable[[], Application]) -> Dispatcher:
    """A worker over the application in use, with every kind of consumer."""
    return Dispatcher(
        current().database,
        lambda: [WebhookConsumer(current())],
        current().runtime.clock.read,
    )


__all__ = ["Consumer", "Dispatcher", "GiveUp", "TryAgain", "dispatcher_of"]
