"""Periodic tasks of shows and of calls to the shop: they run with every heartbeat, and at moments known before."""

import contextlib
import smtplib

from django.core.exceptions import ValidationError
from django_tasks import task

from realtime import event_log, periodic
from streams import mail
from streams.models import Host, Reminder, ShopCall, Stream
from streams.models.reminder import AT_ONCE

mark_hosts_away = periodic.PeriodicTask(Host.objects.mark_away)
ring_on = periodic.PeriodicTask(ShopCall.objects.ring_on)
release_callers = periodic.PeriodicTask(ShopCall.objects.release)


@task()
def send_reminder(pk: int) -> None:
    """Sends one mail that was claimed. Where the server is away, the next look of `remind` finds it again."""
    about = Reminder.objects.select_related("stream", "user").filter(pk=pk).first()
    if about is None:  # They have thought better of it.
        return
    try:
        mail.reminder(about).send()
    except smtplib.SMTPRecipientsRefused:
        pass  # There is no such address, and there will be none.
    except OSError:  # The other errors of smtplib are such, too.
        about.release()
        raise


def end_left() -> int:
    """Pauses, then ends the shows whose hosts have gone, and ends those that have been on for too long.

    Nothing is live for ever. Whose host is here may go on.
    """
    ended = Host.objects.give_up()
    for stream in Stream.objects.overdue()[:AT_ONCE]:
        host = getattr(stream, "host", None) or Host(stream=stream)
        if not host.is_watched_over():
            with contextlib.suppress(ValidationError):  # It was ended meanwhile.
                stream.end()
                ended += 1
    return ended


def remind() -> int:
    """Enqueues a mail for each who wants to be reminded of a show that is about to begin; returns how many."""
    enqueued = 0
    for about in Reminder.objects.due()[:AT_ONCE]:
        with event_log.transaction():  # The task is stored with what says that it was enqueued, or neither is.
            if about.claim():
                send_reminder.enqueue(about.pk)
                enqueued += 1
    return enqueued
