"""The pages people see. They only read; what changes something goes through the public API or the socket."""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import identity as identities
from accounts.models import User
from realtime.models import Restriction
from shopping import wire
from shopping.models import Product, read_variants
from signaling.models import match as matches
from storefront import call_desk, replays
from storefront.templatetags import vitrine
from streams import media
from streams.chat_broadcasts import pseudonym
from streams.models import Reminder, Stream, Switchboard
from support.rights import AGENTS

SHOWS, PRODUCTS = 12, 60  # at most on one shelf of the shop front
PERSONAL_SLOT = 200  # at most of one's own in the studio

REACTIONS = [("heart", "Love it"), ("like", "Thumbs up"), ("fire", "Fire"), ("clap", "Applause"), ("wow", "Wow")]
# What a host looks at before going live: a name for the script, words, and what to do.
CHECKLIST = [
    ("time", "A time", "“Edit” sets it: people can wait for the show, and be reminded."),
    ("cover", "A cover", "“Edit” sets it: it stands for the show until there is a picture."),
    ("products", "Products", "Add at least one below."),
    ("connection", "Connection", "This page is not connected yet."),
    ("camera", "Camera", "Test it, and look at your own picture."),
    ("microphone", "Microphone", "Test it, and say something: nothing has been heard yet."),
]
SPEEDS = ["0.5", "1", "1.25", "1.5", "2", "4"]  # of a replay
MUTE_MINUTES = [1, 5, 10, 60]
SLOW_MODES = [0, 5, 10, 30, 60, 120]  # seconds
# Minutes for which an account must have been there, and how a creator reads them.
AGES = {0: "Everyone"} | {
    minutes: f"Accounts older than {words}"
    for minutes, words in {10: "10 minutes", 60: "an hour", 24 * 60: "a day", 7 * 24 * 60: "a week"}.items()
}


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    shows, products = Stream.objects.listed().complete(), Product.objects.newest()[:PRODUCTS]
    on = shows.filter(status__in=[Stream.Status.LIVE, Stream.Status.PAUSED])
    context = {
        "on": on.order_by("status", "-started_at", "-id")[:SHOWS],  # "live" comes before "paused"
        "upcoming": shows.upcoming()[:SHOWS],
        "past": shows.past()[:SHOWS],
        "products": products,
        "product_facts": facts_of(products),
        "open_matches": settings.OPEN_MATCHES,
        "reader_name": name_of(identities.Identity.of_request(request)),
        "shop_available": Switchboard.objects.is_open(),
    }
    return render(request, "storefront/shop.html", context)


@require_safe
def watch(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    identity = identities.Identity.of_request(request)
    stream = get_object_or_404(Stream.objects.seen_by(identity).complete(), pk=stream_id)
    context = about(request, stream) | {
        "reactions": REACTIONS,
        "waits": Reminder.objects.waits(stream, identity),
        "may_be_reminded": not stream.rehearsal,
    }
    replay = replays.seen(stream, identity)
    if stream.status == Stream.Status.ENDED and replay is not None:
        return render(request, "storefront/replay.html", context | {"replay": replay, "speeds": SPEEDS})
    return render(request, "storefront/watch.html", context | {"again": replays.is_offered(stream)})


@require_safe
@login_required
def studio(request: HttpRequest) -> HttpResponse:
    presenter = presenting(request)
    products = presenter.products.newest()[:PERSONAL_SLOT]
    context = {
        "section": "studio",
        "provider": settings.MEDIA_PROVIDER,
        "streams": presenter.streams.complete().newest()[:PERSONAL_SLOT],
        "products": products,
        "product_facts": facts_of(products),
    }
    return render(request, "storefront/studio.html", context)


@require_safe
@login_required
def control(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    presenter = presenting(request)
    stream = get_object_or_404(presenter.streams.complete(), pk=stream_id)
    context = {
        "section": "studio",
        "checklist": checklist(),
        "watch_url": request.build_absolute_uri(reverse("watch", args=[stream.pk])),
        "lineup": [
            {"id": str(listing.product_id), "place": listing.display_order} for listing in stream.listings.all()
        ],
        "product_facts": facts_of([*presenter.products.newest()[:PERSONAL_SLOT], *stream.products]),
    }
    return render(request, "storefront/control.html", about(request, stream) | context)


def checklist() -> list[tuple[str, str, str]]:
    """Whose picture comes from an encoder has no camera here."""
    return CHECKLIST[:4] if settings.MEDIA_PROVIDER == "hls" else CHECKLIST


@require_safe
def call(request: HttpRequest, match: str) -> HttpResponse:
    """Whoever has the link may come; who may sit down, the match itself decides."""
    identity = identities.Identity.of_request(request)
    seat = call_desk.seat(match, identity)
    context = {
        "call_url": request.build_absolute_uri(reverse("call", args=[match])),
        "facts": {"match": match, **({"seat": seat} if seat else {})},
        "is_offered": seat is not None,
        "reader": {"id": identity.user_id, "name": name_of(identity)},
        **call_desk.about(match, identity),
    }
    return render(request, "storefront/call.html", context)


@require_safe
@login_required
def new_call(request: HttpRequest) -> HttpResponse:
    """A link that nobody can guess; the match itself begins with whoever opens it first."""
    if not settings.OPEN_MATCHES:
        raise PermissionDenied("Calls by link are switched off here: they are arranged for you.")
    return redirect("call", match=matches.new_name())


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for it unasked; the file's own name changes with its content."""
    return redirect(static("storefront/favicon.svg"))


@require_safe
def with_slash(request: HttpRequest) -> HttpResponse:
    return redirect(request.get_full_path(force_append_slash=True), permanent=True)


def presenting(request: HttpRequest) -> User:
    """Whoever asks, if the studio is for them."""
    if not isinstance(request.user, User) or not vitrine.presents(request.user):
        raise PermissionDenied("The studio is for those who present shows. Your account is one for watching.")
    return request.user


def about(request: HttpRequest, stream: Stream) -> dict[str, Any]:
    """What a page about a show needs: the show for the template, its facts and the reader's for the scripts."""
    identity = identities.Identity.of_request(request)
    muted = Restriction.objects.against(identity, stream.room_key)
    request.reaches = media.sources(stream)  # type: ignore[attr-defined]  # read where the security policy is written
    return {
        "stream": stream,
        "provider": settings.MEDIA_PROVIDER,
        "facts": {
            "id": str(stream.pk),
            "creatorId": stream.creator_id,
            "status": stream.status,
            "provider": settings.MEDIA_PROVIDER,
            "rehearsal": stream.rehearsal,
            "startsAt": stream.starts_at and stream.starts_at.isoformat(),
            "cover": stream.cover,
            "secondsOn": stream.started_at and (timezone.now() - stream.started_at).total_seconds(),
        },
        "reader": reader_of(stream, identity),
        "rules": {
            "guestChat": stream.guest_chat,
            "accountMinutes": stream.account_minutes,
            "muted": muted is not None,
            "until": muted and muted.until and muted.until.isoformat(),
        },
        "mute_minutes": MUTE_MINUTES,
        "slow_modes": sorted({*SLOW_MODES, stream.slow_mode}),
        "ages": sorted(
            ({stream.account_minutes: f"Accounts older than {stream.account_minutes} minutes"} | AGES).items()
        ),
        "may_chat": _is_admitted(stream, identity),
        "reader_name": name_of(identity),
        "shop_available": Switchboard.objects.is_open(),
        "product_facts": facts_of(stream.products),
        "picture": picture_of(request, stream),
    }


def reader_of(stream: Stream, identity: identities.Identity) -> dict[str, Any]:
    """Who reads the page, and what they may do in this show."""
    return {
        "id": identity.user_id,
        "name": name_of(identity),
        "author": pseudonym(identity.key),
        "moderates": stream.is_moderated_by(identity),
        "answers": identity.has_role(*AGENTS),
        "owns": stream.is_controlled_by(identity),
        "since": identity.user and identity.user.created_at.isoformat(),
    }


def picture_of(request: HttpRequest, stream: Stream) -> str:
    """The address of a picture for links to the show: its cover, else that of its goods; empty where there is none."""
    goods = (product.image_url for product in stream.products)
    address = stream.cover or next(filter(None, goods), "")
    return request.build_absolute_uri(address) if address else ""


def _is_admitted(stream: Stream, identity: identities.Identity) -> bool:
    """Whether the show is open to guests, or to accounts as young as this reader's."""
    try:
        stream.check_admits_account(identity)
    except PermissionDenied:
        return stream.is_moderated_by(identity)
    return True


def name_of(identity: identities.Identity) -> str:
    """The name of a user; a guest says their own."""
    return identity.user.username if identity.user else ""


def facts_of(products: Iterable[Product]) -> list[dict[str, Any]]:
    """As the API says them, for the scripts."""
    shown = list(products)
    read_variants(shown)
    facts: list[dict[str, Any]] = msgspec.to_builtins([wire.Product.of(product) for product in shown])
    return facts
