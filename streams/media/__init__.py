"""Who carries a show's picture and sound: one module per provider, and the one that the settings choose."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from streams.media import agora, p2p
from streams.media.access import Access, Role
from streams.models import Stream

PROVIDERS: dict[str, Callable[[str, int, Role, datetime], Access]] = {
    agora.NAME: agora.access,
    p2p.NAME: p2p.access,
}


def access(stream: Stream, uid: int, publisher: bool) -> Access:
    """A place in the stream's channel for the user `uid`, or for a guest with 0."""
    provider = PROVIDERS[settings.MEDIA_PROVIDER]
    return provider(stream.channel_name, uid, "publisher" if publisher else "subscriber", timezone.now())
