"""What a show that is over is played back from, beside its chat."""

from replays.models.moment import Kind, Moment
from replays.models.replay import Replay
from replays.models.video_part import PartStatus, VideoPart, VideoSlice

__all__ = ["Kind", "Moment", "PartStatus", "Replay", "VideoPart", "VideoSlice"]
