"""The jobs of the whole installation, and how often each runs: what would otherwise stand in a crontab."""

from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from accounts.models import User
from analytics.models import ProductClick, StreamView
from realtime import periodic, rooms
from shopping.models import CartOperation, ShoppingSession
from signaling.models import Call, Match, Seat
from streams.models import ChatMessage
from streams.models.like import LikeOperation
from support import tasks
from support.models import Attachment, Conversation, Registration

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


def prune_history() -> None:
    """Deletes what is only kept for figures once it is older than settings.HISTORY_KEPT."""
    if settings.HISTORY_KEPT:
        for history in (StreamView.objects, ProductClick.objects, Call.objects):
            history.forget(settings.HISTORY_KEPT)


def prune_operations() -> None:
    """Forgets operations that no client will send again."""
    LikeOperation.objects.forget()
    CartOperation.objects.forget()


def prune_support() -> None:
    """Forgets sessions that never wrote, files that were never sent, and conversations that were resolved long ago."""
    Registration.objects.forget()
    Attachment.objects.forget_unsent()
    if settings.HISTORY_KEPT:
        Conversation.objects.forget(settings.HISTORY_KEPT)


def prune_page_sessions() -> None:
    """Forgets the log-ins of pages that have expired."""
    import_string(settings.SESSION_ENGINE + ".SessionStore").clear_expired()


periodic.every(DAILY, prune_calls, "prune-calls")
periodic.every(DAILY, rooms.prune, "prune-rooms")
periodic.every(timedelta(minutes=1), rooms.trim, "trim-rooms")
periodic.every(DAILY, User.objects.prune_all_credentials, "prune-accounts")
periodic.every(DAILY, prune_page_sessions, "prune-page-sessions")
periodic.every(DAILY, prune_history, "prune-history")
periodic.every(timedelta(hours=1), prune_operations, "prune-operations")
periodic.every(timedelta(minutes=5), ShoppingSession.objects.end_expired, "end-parties")
periodic.every(DAILY, ShoppingSession.objects.delete_ended, "delete-parties")
periodic.every(DAILY, ChatMessage.objects.forget_removed, "forget-removed-chat")
periodic.every(DAILY, prune_support, "prune-support")
periodic.every(timedelta(minutes=1), tasks.mail_unread, "mail-support")
periodic.every(DAILY, prune_task_results, "prune-task-results")
