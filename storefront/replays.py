"""Whether a show can be watched again, and what the page that plays it back needs to know."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from accounts import identity as identities
from replays.models import Replay
from replays.views.replay import shown
from streams.models import Stream


def seen(stream: Stream, identity: identities.Identity) -> dict[str, Any] | None:
    """The facts of the show's replay, where this person may see it now."""
    replay = Replay.objects.of(stream)
    try:
        replay.check_may_see(identity)
    except (PermissionDenied, ValidationError):
        return None
    return shown(replay)


def is_offered(stream: Stream) -> bool:
    """Whether those who watch the show now can watch it again once it is over."""
    return stream.is_on and Replay.objects.of(stream).enabled
