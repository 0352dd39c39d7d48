"""Turns what other apps report into rows to count. A receiver only inserts and closes rows; `tasks` tells figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts import identity as identities
from analytics import tasks
from analytics.models import CartAdd, ProductClick, ReactionMinute, ReplayClick, ShowcaseChange, StreamView, Ticker
from analytics.models.ticker import INTERVAL
from realtime import event_log
from realtime.models import Presence
from shopping import signals as shopping_signals
from shopping.models import Participant, Product
from streams import signals
from streams.models import Party, Stream


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
    event_log.collect(Ticker, set[UUID], _start_tickers).add(stream.pk)


@receiver(signals.product_clicked_later)
def count_replay_click(
    sender: object, stream: Stream, product_id: UUID, identity: identities.Identity, **_: Any
) -> None:
    ReplayClick.objects.create(stream=stream, product_id=product_id, user_id=identity.user_id, viewer=identity.key)


def _start_tickers(streams: set[UUID]) -> None:
    Ticker.objects.start(streams)
    tasks.tell_due_clicks.schedule_within(INTERVAL.total_seconds())


@receiver(signals.showcase_changed)
def note_showcase(sender: object, stream: Stream, **_: Any) -> None:
    ShowcaseChange.objects.create(stream=stream, product=stream.active_product)


@receiver(signals.reactions_counted)
def count_reactions(sender: object, stream_id: UUID, counts: Mapping[str, int], **_: Any) -> None:
    ReactionMinute.objects.add(stream_id, counts)


@receiver(shopping_signals.cart_filled)
def count_cart(sender: object, participant: Participant, product: Product, quantity: int, **_: Any) -> None:
    """Counts only what is done in a party of a show that is on."""
    party = Party.objects.filter(session=participant.session_id).select_related("stream").first()
    if party is not None and party.stream.is_on:
        CartAdd.objects.create(
            stream=party.stream,
            product=product,
            user_id=identities.user_id_of(participant.identity),
            viewer=participant.identity,
            quantity=quantity,
        )
