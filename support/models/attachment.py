"""Files that are sent with messages."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone

from realtime import event_log
from support import sniffing
from support.models.conversation import Conversation
from support.models.message import SupportMessage
from support.models.sender import Sender
from support.rights import Action

MAX_BYTES = 10 * 1024 * 1024  # of one file
MAX_OF_CONVERSATION = 200  # files
UNSENT = timedelta(days=1)  # A file that was not sent with a message is kept so long.


def storage() -> Storage:
    return storages["support"]


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def upload(self, conversation: Conversation, sender: Sender, name: str, content: bytes) -> "Attachment":
        """Stores a file that is to be sent with a message. Raises ValidationError for one that is not taken."""
        conversation.check_may(Action.WRITE, sender)
        if not 0 < len(content) <= MAX_BYTES:
            raise ValidationError(f"A file must have 1 to {MAX_BYTES // 1024**2} MiB")
        kind = sniffing.kind_of(content[: sniffing.HEAD])
        if kind is None:
            raise ValidationError("Only images (PNG, JPEG, GIF, WebP) and PDF are taken")
        pk = uuid.uuid4()
        path = storage().save(f"{conversation.pk}/{pk}", ContentFile(content))
        try:
            return self._note(
                conversation,
                Attachment(
                    pk=pk,
                    conversation=conversation,
                    uploader=sender.key,
                    name=sniffing.safe_name(name, kind),
                    content_type=kind,
                    size=len(content),
                    path=path,
                ),
            )
        except BaseException:
            storage().delete(path)
            raise

    @event_log.verb
    def _note(self, conversation: Conversation, attachment: "Attachment") -> "Attachment":
        conversation.lock()
        if conversation.attachments.count() >= MAX_OF_CONVERSATION:
            raise ValidationError(f"A conversation has at most {MAX_OF_CONVERSATION} files")
        attachment.save(force_insert=True)
        return attachment

    def find(self, sender: Sender, pk: uuid.UUID) -> "Attachment":
        """A file that the sender may read: a note's is for staff, an unsent one its uploader's. Raises DoesNotExist."""
        found = self.filter(pk=pk, conversation__in=Conversation.objects.visible_to(sender))
        attachment = found.select_related("message").first()
        if attachment is not None and not sender.is_agent:
            message = attachment.message
            hidden = message.kind == SupportMessage.Kind.NOTE if message else attachment.uploader != sender.key
            attachment = None if hidden else attachment
        if attachment is None:
            raise Attachment.DoesNotExist("Attachment not found")
        return attachment

    def forget_unsent(self) -> int:
        """Deletes the files that were uploaded and never sent; returns how many."""
        return self.filter(message=None, created_at__lt=timezone.now() - UNSENT).discard()

    def discard(self) -> int:
        """Deletes these, the rows first: a file without a row is only waste, a row without one would be an error."""
        paths: Sequence[str] = list(self.values_list("path", flat=True))
        self.filter(path__in=paths).delete()
        for path in paths:
            storage().delete(path)
        return len(paths)


class Attachment(models.Model):
    """A file of a conversation; without a message until it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(SupportMessage, models.CASCADE, null=True, related_name="attachments")
    uploader = models.CharField(max_length=80)
    name = models.CharField(max_length=sniffing.MAX_NAME)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField()
    path = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=models.Q(message=None), name="support_unsent")]

    def __str__(self) -> str:
        return self.name

    def read(self) -> bytes:
        with storage().open(self.path) as file:
            content: bytes = file.read()
        return content
