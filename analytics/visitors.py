"""What one person did, from every app, in one order; staff alone read it, and each reading is noted.

A person is an account or a guest's browser, by its Identity's key. Recordings of whoever has declined to be recorded
since are left out.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts import identity as identities
from accounts.models import User
from analytics.models import CartAdd, Checkout, ProductClick, Purchase, Refund, ReplayClick, StreamView
from recordings.models import Consent, Recording
from shopping import money
from shopping.models import Participant as Shopper
from signaling.models import Call
from streams.models import ShopCall
from support.models import Conversation

PAGE = 50  # facts; more where several are of the same millisecond as the last
MOST = 1000  # of one kind, however many are
READERS = 5  # who read it last, that are told
READ = "Read what this visitor did."
EVER = datetime(9999, 1, 1, tzinfo=UTC)

Event = dict[str, Any]


def _event(kind: str, at: datetime, what: str, pk: Any, **more: Any) -> Event:
    return {"kind": kind, "at": at, "what": what, "id": str(pk), "sessionId": None, "seconds": None} | more


def _latest(rows: "QuerySet[Any]", moment: str, before: datetime) -> Iterable[tuple[datetime, Any]]:
    """A page of rows of which each has its `moment`, and all of the millisecond of the last: clients know no finer."""
    earlier = rows.filter(**{f"{moment}__lt": before}).order_by(f"-{moment}")
    found = list(earlier[: PAGE + 1])
    if len(found) > PAGE:
        found = list(earlier.filter(**{f"{moment}__gte": _floor(getattr(found[-1], moment))})[:MOST])
    return [(getattr(row, moment), row) for row in found]


def _floor(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _views(key: str, before: datetime) -> Iterable[Event]:
    rows = StreamView.objects.filter(viewer=key, role="subscriber").select_related("stream")
    for at, row in _latest(rows, "joined_at", before):
        more = {"sessionId": row.stream_id, "seconds": row.watch_duration}
        yield _event("watched", at, row.stream.title, row.pk, **more)


def _looks(key: str, before: datetime) -> Iterable[Event]:
    yield from _of_products("looked", ProductClick.objects.filter(viewer=key), before)
    yield from _of_products("looked_in_replay", ReplayClick.objects.filter(viewer=key), before)


def _carts(key: str, before: datetime) -> Iterable[Event]:
    yield from _of_products("put_into_cart", CartAdd.objects.filter(viewer=key), before)


def _of_products(kind: str, rows: "QuerySet[Any]", before: datetime) -> Iterable[Event]:
    for at, row in _latest(rows.select_related("product"), "at", before):
        yield _event(kind, at, row.product.name, row.pk, sessionId=row.stream_id)


def _purchases(key: str, before: datetime) -> Iterable[Event]:
    for at, begun in _latest(Checkout.objects.filter(viewer=key), "at", before):
        yield _event("began_checkout", at, "", begun.pk, sessionId=begun.stream_id)
    for at, order in _latest(Purchase.objects.filter(viewer=key), "at", before):
        kind = "bought" if order.is_confirmed else "reported_purchase"
        what = f"{order.order_id}: {_amount(order.value, order.currency)}"
        yield _event(kind, at, what, order.pk, sessionId=order.stream_id)
    for at, refund in _latest(Refund.objects.filter(purchase__viewer=key).select_related("purchase"), "at", before):
        order = refund.purchase
        what = f"{order.order_id}: {_amount(refund.value, order.currency)}"
        yield _event("was_refunded", at, what, order.pk, sessionId=order.stream_id)


def _amount(value: int, currency: str) -> str:
    return f"{money.to_decimal(value, currency)} {currency}"


def _shopping(key: str, before: datetime) -> Iterable[Event]:
    """Each session once: when they last came or, once they have left, went."""
    rows = Shopper.objects.filter(identity=key).annotate(at=Coalesce("since", "left_at", "session__created_at"))
    for at, row in _latest(rows, "at", before):
        yield _event("shopped_together", at, row.session_id, row.session_id)


def _shop_calls(key: str, before: datetime) -> Iterable[Event]:
    for at, call in _latest(ShopCall.objects.filter(caller=key), "placed_at", before):
        what = " ".join(filter(None, [call.about, f"({call.outcome})" if call.outcome else ""]))
        yield _event("called_shop", at, what, call.pk, sessionId=call.stream_id)


def _calls(key: str, before: datetime) -> Iterable[Event]:
    """Only of accounts: guests' names in calls are their clients' own."""
    user = identities.user_id_of(key)
    if user is None:
        return
    for at, call in _latest(Call.objects.filter(Q(caller_user=user) | Q(callee_user=user)), "rung_at", before):
        seconds = None if call.duration is None else int(call.duration.total_seconds())
        yield _event("called", at, str(call), call.pk, seconds=seconds)


def _support(key: str, before: datetime) -> Iterable[Event]:
    for at, talk in _latest(Conversation.objects.filter(customer=key), "created_at", before):
        yield _event("wrote_to_support", at, talk.excerpt, talk.pk, sessionId=talk.show_id)


def _recordings(key: str, before: datetime) -> Iterable[Event]:
    if has_declined(key):
        return
    for at, row in _latest(Recording.objects.kept().filter(participant__identity=key), "created_at", before):
        yield _event("was_recorded", at, row.url, row.pk, seconds=round(row.duration_ms / 1000))


def _consents(key: str, before: datetime) -> Iterable[Event]:
    for at, row in _latest(Consent.objects.filter(identity=key), "stored_at", before):
        yield _event("declined_recording" if row.declined else "agreed_to_recording", at, row.version, row.pk)


def has_declined(key: str) -> bool:
    """Whether their latest decision was not to be recorded."""
    latest = Consent.objects.filter(identity=key).order_by("-stored_at", "-pk").first()
    return latest is not None and latest.declined


# Where facts come from, with the right that it takes in the admin.
SOURCES: list[tuple[str, Callable[[str, datetime], Iterable[Event]]]] = [
    ("analytics.view_streamview", _views),
    ("analytics.view_productclick", _looks),
    ("analytics.view_productclick", _carts),
    ("analytics.view_purchase", _purchases),
    ("shopping.view_participant", _shopping),
    ("streams.view_shopcall", _shop_calls),
    ("signaling.view_call", _calls),
    ("support.view_conversation", _support),
    ("recordings.view_recording", _recordings),
    ("recordings.view_consent", _consents),
]


def read(key: str, reader: User, before: datetime | None = None) -> dict[str, Any]:
    """A page of what somebody did, the latest first, as far as the reader may see it; notes that they read it."""
    if before is None:
        note(key, reader)
    found = [event for right, find in SOURCES if reader.has_perm(right) for event in find(key, before or EVER)]
    found.sort(key=lambda event: event["at"], reverse=True)
    cut = _floor(found[PAGE - 1]["at"]) if len(found) > PAGE else None
    page = [event for event in found if cut is None or event["at"] >= cut]
    user = identities.user_id_of(key)
    return {
        "visitor": key,
        "user": User.objects.filter(pk=user).first() if user is not None else None,
        "declinedRecording": has_declined(key),
        "events": page,
        "before": cut if len(found) > len(page) else None,
        "readers": readers(key),
    }


def note(key: str, reader: User) -> None:
    """Writes into the admin's log who has read this; of an account it stands in the account's own history."""
    user = identities.user_id_of(key)
    LogEntry.objects.create(
        user=reader,
        content_type=ContentType.objects.get_for_model(User) if user is not None else None,
        object_id=key if user is None else str(user),
        object_repr=key,
        action_flag=CHANGE,
        change_message=READ,
    )


def readers(key: str) -> list[dict[str, Any]]:
    """Who read it last."""
    user = identities.user_id_of(key)
    kind = ContentType.objects.get_for_model(User) if user is not None else None
    pk = key if user is None else str(user)
    noted = LogEntry.objects.filter(content_type=kind, object_id=pk, change_message=READ)
    return [
        {"name": entry.user.get_username(), "at": entry.action_time}
        for entry in noted.select_related("user").order_by("-action_time")[:READERS]
    ]
