"""What a client needs to enter a show's picture and sound, whoever carries them, and what every carrier can do."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Role = Literal["publisher", "subscriber"]
Sources = dict[str, list[str]]  # keyed by directive of a Content Security Policy


class AccessRequest(NamedTuple):
    """Someone asks to enter a show's channel. `address` is where the show itself says it is to be seen."""

    channel: str
    address: str
    uid: int  # 0 for a guest
    who: str  # an Identity's key, which is for no one else to see
    role: Role
    now: datetime


class Access(NamedTuple):
    """Lets a client into a provider's channel until `expires_at`."""

    provider: str
    app_id: str
    token: str
    channel: str
    uid: int
    role: Role
    expires_at: datetime
    url: str = ""  # the address to which the provider's client connects, or which it plays


class Provider(Protocol):
    """What a provider's module has. Access is renewed by asking for it again, and revoked by not giving it any more."""

    NAME: str

    def check(self, address: str) -> None:
        """Raises ValidationError where a show with this address cannot be carried."""

    def access(self, request: AccessRequest) -> Access: ...

    def sources(self, address: str) -> Sources:
        """What a page that shows the picture must be allowed to reach beside this server."""
