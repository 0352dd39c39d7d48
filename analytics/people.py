"""Who liked a show and who wrote in it, as people. Guests have no more than the name that they gave themselves."""

from typing import Any

from django.db.models import Count, Max

from accounts import identity as identities
from accounts.models import User
from streams.models import Stream


def wrote(stream: Stream, page: slice) -> dict[str, Any]:
    """How many people wrote lines that are still there, and a page of them, those with most lines first."""
    lines = stream.messages.visible()
    rows = lines.order_by().values("author").annotate(lines=Count("pk"), last=Max("seq")).order_by("-lines", "-last")
    shown = list(rows[page])
    latest = {line.seq: line for line in lines.filter(seq__in=[row["last"] for row in shown]).select_related("user")}
    people = []
    for row in shown:
        line = latest.get(row["last"])
        user = line.user if line is not None else None
        people.append(
            {
                "userId": user.pk if user else None,
                "name": user.username if user else (line.name if line is not None else ""),
                "lines": row["lines"],
                "lastAt": line.created_at if line is not None else None,
            }
        )
    return {"people": rows.count(), "list": people}


def liked(stream: Stream, page: slice) -> dict[str, Any]:
    """How many people like the show, and a page of them, the latest first."""
    likes = stream.likes.order_by("-at", "-pk")
    shown = list(likes[page])
    ids = {like.pk: identities.user_id_of(like.liker) for like in shown}
    users = User.objects.in_bulk({pk for pk in ids.values() if pk is not None})
    people = []
    for like in shown:
        user = users.get(ids[like.pk]) if ids[like.pk] is not None else None
        people.append({"userId": user and user.pk, "name": user.username if user else "", "likedAt": like.at})
    return {"people": likes.count(), "list": people}
