"""What is kept for searching beside the rows themselves, whose own columns the migration adds on PostgreSQL."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from streams.models import ChatMessage, Stream

MAX_WORD = 40  # letters of a word that another spelling is compared with


class VectorField(models.TextField[str, str]):
    """A tsvector. Django's own field would have its whole app for PostgreSQL installed, on SQLite too."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"


class Word(models.Model):
    """A word of some show or product, for which a misspelled one may be meant. A word may be there more than once:
    two writers that bring it at the same moment do not wait for each other.
    """

    word = models.CharField(max_length=MAX_WORD, db_index=True)

    def __str__(self) -> str:
        return self.word


class Line(models.Model):
    """What is sought in a line of a past show's chat. A trigger deletes it with what was said."""

    message = models.OneToOneField(ChatMessage, models.CASCADE, primary_key=True, related_name="+")
    words = VectorField()

    def __str__(self) -> str:
        return str(self.message_id)


class IndexedShow(models.Model):
    """A show that is over, and up to which number of its room's log its lines can be found."""

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="+")
    upto = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.stream_id)
