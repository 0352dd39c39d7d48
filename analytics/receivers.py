"""Turns what other apps report into rows to count. A receiver only inserts and closes rows; it tells nobody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts import identity as identities
from analytics.models import ProductClick, StreamView
from realtime.models import Presence
from streams import signals
from streams.models import Stream


@receiver(signals.viewers_entered)
def begin_views(sender: object, stream_id: UUID, presences: Sequence[Presence], **_: Any) -> None:
    StreamView.objects.begin(
        StreamView(
            stream_id=stream_id,
            user_id=identities.user_id_of(presence.identity),
            viewer=presence.identity,
            connection=presence.connection,
            role=presence.role,
        )
        for presence in presences
    )


@receiver(signals.viewers_left)
def end_views(sender: object, stream_id: UUID, presences: Sequence[Presence], at: datetime | None, **_: Any) -> None:
    connections = [presence.connection for presence in presences]
    StreamView.objects.filter(stream=stream_id, connection__in=connections).close(at)


@receiver(signals.stream_ended)
def end_all_views(sender: object, stream: Stream, **_: Any) -> None:
    StreamView.objects.filter(stream=stream).close(stream.ended_at)


@receiver(signals.product_clicked)
def count_click(sender: object, stream: Stream, product_id: UUID, identity: identities.Identity, **_: Any) -> None:
    ProductClick.objects.create(stream=stream, product_id=product_id, user_id=identity.user_id, viewer=identity.key)
