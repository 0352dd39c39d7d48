"""The jobs of the whole installation, and how often each runs: what would otherwise stand in a crontab."""

from datetime import timedelta

from django.conf import settings
from django.core.management import call_command

from accounts.models import User
from realtime import periodic, rooms
from shopping.models import ShoppingSession
from signaling.models import Call, Match, Seat
from streams.models import ChatMessage

DAILY = timedelta(days=1)


def prune_task_results() -> None:
    """Forgets background tasks that were done two weeks ago; in development there are none in the database."""
    if settings.TASKS["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend":
        call_command("prune_db_task_results", verbosity=0)


def prune_calls() -> None:
    """Does what every heartbeat does, for an installation in which nobody has opened a socket for long."""
    Seat.objects.release()
    Call.objects.time_out()
    Match.objects.purge()


periodic.every(DAILY, prune_calls, "prune-calls")
periodic.every(DAILY, rooms.prune, "prune-rooms")
periodic.every(DAILY, User.objects.prune_all_credentials, "prune-accounts")
periodic.every(timedelta(minutes=5), ShoppingSession.objects.end_expired, "end-parties")
periodic.every(DAILY, ShoppingSession.objects.delete_ended, "delete-parties")
periodic.every(DAILY, ChatMessage.objects.forget_removed, "forget-removed-chat")
periodic.every(DAILY, prune_task_results, "prune-task-results")
