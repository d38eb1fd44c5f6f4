"""What is done after a commit: events handed on, jobs run, failures tried again."""

from __future__ import annotations

from collections.abc import Callable

from core.app import Application
from core.jobs.automations import AutomationConsumer
from core.jobs.dispatcher import Consumer, Dispatcher, GiveUp, TryAgain
from core.jobs.flows import FlowConsumer
from core.jobs.mailboxes import MailboxConsumer
from core.jobs.mails import MailConsumer
from core.jobs.schedules import ScheduleConsumer
from core.jobs.seals import SealConsumer
from core.jobs.timers import TimerConsumer
from core.jobs.trials import TrialConsumer
from core.jobs.webhooks import WebhookConsumer


def dispatcher_of(current: Callable[[], Application]) -> Dispatcher:
    """A worker over the application in use, with every kind of consumer."""
    return Dispatcher(
        current().database,
        lambda: consumers_of(current()),
        current().runtime.clock.read,
    )


def consumers_of(application: Application) -> list[Consumer]:
    """Every kind of consumer of an application."""
    runtime = application.runtime
    return [
        WebhookConsumer(application),
        AutomationConsumer(runtime),
        FlowConsumer(runtime),
        MailConsumer(runtime, application.config.mail),
        MailboxConsumer(runtime, application.config.mailboxes),
        ScheduleConsumer(runtime),
        TimerConsumer(runtime),
        TrialConsumer(application),
        SealConsumer(),
    ]


__all__ = [
    "Consumer",
    "Dispatcher",
    "GiveUp",
    "TryAgain",
    "consumers_of",
    "dispatcher_of",
]
