"""What a client needs to enter a show's picture and sound, whoever carries them, and what every carrier can do."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Role = Literal["publisher", "subscriber"]
Sources = dict[str, list[str]]  # by directive of a Content Security Policy


class Wish(NamedTuple):
    """Who wants to enter which show's channel, as what. `address` is where the show itself says it is to be seen."""

    channel: str
    address: str
    uid: int  # 0 for a guest
    who: str  # an Identity's key, which is for no one else to see
    role: Role
    now: datetime


class Access(NamedTuple):
    """A place in a provider's channel, for a while."""

    provider: str
    app_id: str
    token: str
    channel: str
    uid: int
    role: Role
    expires_at: datetime
    url: str = ""  # where the provider's client connects, or what it plays


class Provider(Protocol):
    """A module. Access is renewed by asking for it again, and revoked by not giving it any more."""

    NAME: str

    def check(self, address: str) -> None:
        """Raises ValidationError where a show with this address cannot be carried."""

    def access(self, wish: Wish) -> Access: ...

    def sources(self, address: str) -> Sources:
        """What a page that shows the picture must be allowed to reach beside this server."""
