"""What a client needs to enter a show's picture and sound, whoever carries them."""

from datetime import datetime
from typing import Literal, NamedTuple

Role = Literal["publisher", "subscriber"]


class Access(NamedTuple):
    """A place in a provider's channel, for a while."""

    provider: str
    app_id: str
    token: str
    channel: str
    uid: int
    role: Role
    expires_at: datetime
