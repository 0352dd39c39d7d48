"""The jobs of the whole installation, and how often each runs: what would otherwise stand in a crontab."""

import threading
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from accounts.models import User
from analytics import rollups
from analytics.models import (
    CartAdd,
    Checkout,
    ProductClick,
    Purchase,
    ReactionMinute,
    ReplayClick,
    ShowcaseChange,
    StreamView,
)
from drops import tasks as drops
from drops.models import Claim
from realtime import periodic, rooms
from realtime.models import Restriction
from recordings.models import Consent, Recording, Transcript
from recordings.models import Participant as Recorded
from replays.models import Replay, VideoPart
from search import lines, vocabulary
from shopping.models import BagLine, CartOperation, Feed, Import, Picture, ShoppingSession, StockMessage
from signaling.models import Call, Match, Seat
from streams import tasks as show_tasks
from streams.models import ChatMessage, HeldMessage, ModerationAct, Reminder, ShopCall
from streams.models.like import LikeOperation
from support import tasks
from support.models import Attachment, Conversation, Registration
from webhooks import sending
from webhooks.models import Delivery, Endpoint

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
    ShopCall.objects.ring_on()
    ShopCall.objects.release()
    drops.do_what_is_due()


def prune_history() -> None:
    """Deletes what is only kept for figures once it is older than settings.HISTORY_KEPT."""
    if settings.HISTORY_KEPT:
        shown = (StreamView, ShowcaseChange, ReactionMinute, ProductClick, ReplayClick, CartAdd, Checkout, Purchase)
        facts = (*shown, Call, ShopCall)
        for history in (model.objects for model in facts):
            history.forget(settings.HISTORY_KEPT)
        ModerationAct.objects.forget(settings.HISTORY_KEPT)


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


def forget_removed_chat() -> None:
    """Forgets what was removed, and what was decided on before it was said, so long ago that nobody takes it back."""
    ChatMessage.objects.forget_removed()
    HeldMessage.objects.forget_settled()


def forget_addresses() -> None:
    """Forgets from where people have written and been restricted, once that keeps nobody out any longer."""
    Restriction.objects.forget_addresses()
    ChatMessage.objects.forget_addresses()
    Claim.objects.forget_addresses()


def prune_page_sessions() -> None:
    """Forgets the log-ins of pages that have expired."""
    import_string(settings.SESSION_ENGINE + ".SessionStore").clear_expired()


def finish_recordings() -> None:
    """Ends the visits that are over, and has those finished of which a worker died or failed."""
    Recording.objects.finish_stale()
    Recording.objects.finish_due()


def finish_videos() -> None:
    """Ends the parts of videos whose broadcaster has gone, and has those finished whose task was lost."""
    VideoPart.objects.end_stale()
    VideoPart.objects.finish_due()


def prune_recordings() -> None:
    """Deletes the recordings whose time is over, and what a process that died has left of deleted ones."""
    Recording.objects.expire()
    Recording.objects.purge()
    VideoPart.objects.expire()
    Recorded.objects.forget()
    Consent.objects.forget()


def take_in_catalogues() -> None:
    """Reads the feeds that are due, and does the imports that no worker has begun."""
    Import.objects.run_waiting()
    Feed.objects.take_due()


def prune_catalogues() -> None:
    """Forgets what came of old imports, messages that nobody may send again, and pictures that nothing shows."""
    Picture.objects.discard_unused()
    Import.objects.forget()
    StockMessage.objects.forget()


def send_webhooks() -> None:
    """Does what every heartbeat does, for processes without sockets, and for `manage.py tick`, which ends after it."""
    Endpoint.objects.switch_off_full()
    sending.wake()
    if threading.current_thread() is threading.main_thread():
        sending.wait(sending.TURN + sending.SECONDS)


periodic.every(DAILY, prune_calls, "prune-calls")
periodic.every(DAILY, rooms.prune, "prune-rooms")
periodic.every(timedelta(minutes=1), rooms.trim, "trim-rooms")
periodic.every(DAILY, User.objects.prune_all_credentials, "prune-accounts")
periodic.every(DAILY, prune_page_sessions, "prune-page-sessions")
periodic.every(DAILY, prune_history, "prune-history")
periodic.every(timedelta(minutes=1), rollups.roll_up_ended, "roll-up-shows")
periodic.every(timedelta(minutes=1), Replay.objects.keep_ended, "keep-replays")
periodic.every(timedelta(minutes=1), lines.index_ended, "index-lines")
periodic.every(timedelta(hours=1), lines.settle, "settle-lines")
periodic.every(DAILY, vocabulary.prune, "prune-search-words")
periodic.every(timedelta(hours=1), prune_operations, "prune-operations")
periodic.every(timedelta(minutes=1), take_in_catalogues, "take-in-catalogues")
periodic.every(DAILY, prune_catalogues, "prune-catalogues")
periodic.every(DAILY, BagLine.objects.forget, "prune-bags")
periodic.every(timedelta(minutes=5), ShoppingSession.objects.end_expired, "end-parties")
periodic.every(DAILY, ShoppingSession.objects.delete_ended, "delete-parties")
periodic.every(DAILY, forget_removed_chat, "forget-removed-chat")
periodic.every(DAILY, forget_addresses, "forget-addresses")
periodic.every(timedelta(minutes=1), Transcript.objects.enqueue_due, "write-transcripts")
periodic.every(DAILY, prune_support, "prune-support")
periodic.every(timedelta(minutes=1), tasks.mail_unread, "mail-support")
periodic.every(timedelta(minutes=1), show_tasks.end_left, "end-left-shows")
periodic.every(timedelta(minutes=1), show_tasks.remind, "mail-reminders")
periodic.every(DAILY, Reminder.objects.forget, "prune-reminders")
periodic.every(DAILY, prune_task_results, "prune-task-results")
periodic.every(timedelta(minutes=1), finish_recordings, "finish-recordings")
periodic.every(timedelta(minutes=1), finish_videos, "finish-videos")
periodic.every(timedelta(hours=1), prune_recordings, "prune-recordings")
periodic.every(timedelta(minutes=1), send_webhooks, "send-webhooks")
periodic.every(DAILY, Delivery.objects.forget, "prune-webhooks")
