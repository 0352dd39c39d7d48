"""Who carries a show's picture and sound: one module per provider, and the one that the settings choose."""

from django.conf import settings
from django.utils import timezone

from accounts import identity as identities
from streams.media import agora, hls, livekit, p2p
from streams.media.access import Access, Provider, Sources, Wish
from streams.models import Stream

PROVIDERS: dict[str, Provider] = {provider.NAME: provider for provider in (agora, hls, livekit, p2p)}


def provider() -> Provider:
    return PROVIDERS[settings.MEDIA_PROVIDER]


def check(stream: Stream) -> None:
    """Raises ValidationError where the show lacks what it takes to be seen."""
    provider().check(stream.stream_url)


def access(stream: Stream, identity: identities.Identity, publisher: bool) -> Access:
    """A place in the stream's channel for a while, the first or a further one; none for whoever was sent away."""
    stream.check_admits(identity)
    wish = Wish(
        channel=stream.channel_name,
        address=stream.stream_url,
        uid=identity.user_id or 0,
        who=identity.key,
        role="publisher" if publisher else "subscriber",
        now=timezone.now(),
    )
    return provider().access(wish)


def sources(stream: Stream) -> Sources:
    return provider().sources(stream.stream_url)
