"""What a show that is over is played back from, beside its chat."""

from replays.models.moment import Kind, Moment
from replays.models.replay import Replay

__all__ = ["Kind", "Moment", "Replay"]
