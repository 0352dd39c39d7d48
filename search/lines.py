"""Finds what was said in shows that are over, and takes their lines into the index once they are.

While a show is on nothing is done for its lines: chat must not get dearer. A trigger takes out of the index what is
removed or erased later (`search.index`), and what is found is asked again whether everyone may read it.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.expressions import RawSQL
from django.utils import timezone

from search import scanning, tsquery
from search.creators import paged
from search.models import IndexedShow, Line
from search.postgres import Found
from search.words import parse
from streams.models import ChatMessage, Stream

MAX_LINES = 1_000  # that are found; more are not counted either
SHOWS_AT_ONCE = 100  # that one run of the job takes in
LINES_AT_ONCE = 20_000  # of a show, in one transaction
SETTLING = timedelta(days=1)  # in which a line of a show that is over may still come in, or be removed meanwhile


def find(text: str, rows: slice) -> Found:
    """The lines with what is sought, the newest first."""
    query = parse(text)
    if not query:
        return Found([], 0)
    found = ChatMessage.objects.visible().filter(stream__status=Stream.Status.ENDED, stream__rehearsal=False)
    if connection.vendor == "postgresql":
        sql, values = tsquery.exact(query)
        some = f"SELECT message_id FROM search_line WHERE words @@ {sql} LIMIT {MAX_LINES}"
        found = found.filter(pk__in=RawSQL(some, values))
    else:
        found = found.filter(pk__in=scanning.matching(found, query, ("text",)))
    return paged(found.select_related("stream").order_by("-created_at", "-pk"), rows, MAX_LINES)


def moment(line: ChatMessage) -> int:
    """Whole seconds from the beginning of its show until a line was said."""
    return max(0, int((line.created_at - (line.stream.started_at or line.created_at)).total_seconds()))


def index_ended() -> None:
    """Takes in the lines of the shows that have ended."""
    if connection.vendor == "postgresql":
        known = IndexedShow.objects.filter(stream=OuterRef("pk"))
        for stream in Stream.objects.listed().past().exclude(Exists(known))[:SHOWS_AT_ONCE]:
            index_show(stream)


def settle() -> None:
    """Does the same for what was said, or taken back, in the moment in which lines were taken in, or since."""
    if connection.vendor == "postgresql":
        for stream in Stream.objects.listed().past().filter(ended_at__gt=timezone.now() - SETTLING):
            index_show(stream)
            Line.objects.filter(message__in=stream.messages.exclude(pk__in=stream.messages.visible())).delete()


def index_show(stream: Stream) -> None:
    last = stream.messages.aggregate(last=Max("seq"))["last"] or 0
    show, _ = IndexedShow.objects.get_or_create(stream=stream)
    while show.upto < last:
        later = stream.messages.filter(seq__gt=show.upto).order_by("seq").values_list("seq", flat=True)
        upto = later[LINES_AT_ONCE - 1 : LINES_AT_ONCE].first() or last
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_line (message_id, words) SELECT id, search_lexemes(text) FROM streams_chatmessage "
                "WHERE stream_id = %s AND seq > %s AND seq <= %s AND NOT deleted AND NOT shadowed "
                "ON CONFLICT DO NOTHING",
                [stream.pk, show.upto, upto],
            )
            show.upto = upto
            show.save(update_fields=["upto"])
