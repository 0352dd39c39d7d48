"""Who carries a show's picture and sound: one module per provider, and the one that the settings choose."""

from django.conf import settings
from django.utils import timezone

from accounts import identity as identities
from streams.media import agora, hls, livekit, p2p
from streams.media.access import Access, AccessRequest, Provider, Sources
from streams.models import Stream

PROVIDERS: dict[str, Provider] = {provider.NAME: provider for provider in (agora, hls, livekit, p2p)}


def provider() -> Provider:
    return PROVIDERS[settings.MEDIA_PROVIDER]


def check(stream: Stream) -> None:
    """Raises ValidationError where the show lacks what this provider needs to carry it."""
    provider().check(stream.stream_url)


def access(stream: Stream, identity: identities.Identity, publisher: bool) -> Access:
    """Lets someone into the show's channel for a while. The caller has checked that they are not banned."""
    request = AccessRequest(
        channel=stream.channel_name,
        address=stream.stream_url,
        uid=identity.user_id or 0,
        who=identity.key,
        role="publisher" if publisher else "subscriber",
        now=timezone.now(),
    )
    return provider().access(request)


def sources(stream: Stream) -> Sources:
    return provider().sources(stream.stream_url)
