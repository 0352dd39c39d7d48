"""What comes due in conversations, with every heartbeat of a process, and the mails that go out in the background."""

import uuid

from django_tasks import task

from realtime import event_log, periodic
from support import mail
from support.models import Conversation, Offer

wake = periodic.PeriodicTask(Conversation.objects.wake)
expire_offers = periodic.PeriodicTask(Offer.objects.expire)
assign_waiting = periodic.PeriodicTask(Conversation.objects.assign_waiting)


@task()
def send_replies(conversation_id: str, after: int, upto: int) -> None:
    """Sends the customer what was replied between two numbers, if they have not read it meanwhile.

    Where the mail server does not take it, the next look of `mail_unread` finds it again.
    """
    conversation = Conversation.objects.filter(pk=conversation_id).select_related("user").first()
    if conversation is None or not conversation.mail_address:
        return
    unread = conversation.messages.replies().filter(seq__gt=max(after, conversation.customer_read_seq), seq__lte=upto)
    replies = list(unread.in_order().values_list("text", flat=True))
    if not replies:
        return
    try:
        mail.message(conversation.mail_address, uuid.UUID(conversation_id), replies).send()
    except OSError:  # smtplib's errors are such, too.
        conversation.release_unread(after, upto)
        raise


def mail_unread() -> int:
    """Enqueues a mail for each conversation whose customer has not read a reply for a while; returns how many."""
    enqueued = 0
    for conversation in Conversation.objects.unread():
        with event_log.transaction():  # The task is stored with what says that it was enqueued, or neither is.
            if (claimed := conversation.claim_unread()) is not None:
                send_replies.enqueue(str(conversation.pk), *claimed)
                enqueued += 1
    return enqueued
