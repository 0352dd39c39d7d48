"""What those who keep order in a show are told, and what they have decided about questions.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from realtime import events
from streams.wire import moderation

INTERVAL = 1.0  # seconds between two readings of what is waiting, or of the questions


class ModeratorChanged(events.Event, tag="moderator-changed"):
    """Somebody keeps order in a show from now on, or no longer; they alone are told."""

    stream_id: str
    moderates: bool

    def bazaar(self) -> moderation.ModeratorChanged:
        return moderation.ModeratorChanged(session_id=self.stream_id, moderates=self.moderates)


class ModeratorLeft(events.Final, tag="moderator-left"):
    """Somebody who keeps order no longer is out of the room of those who do."""

    stream_id: str


class QueueCounted(events.Latest, tag="moderation-queue"):
    """How much waits for those who keep order."""

    stream_id: str
    held: int
    reports: int

    def min_interval(self) -> float:
        return INTERVAL

    def moderation(self) -> moderation.ModerationChanged:
        return moderation.ModerationChanged(session_id=self.stream_id, held=self.held, reports=self.reports)


class QuestionsChanged(events.Latest, tag="questions-changed"):
    """The questions as they stand now."""

    stream_id: str
    questions: list[moderation.Question]

    def min_interval(self) -> float:
        return INTERVAL

    def bazaar(self) -> moderation.QuestionsUpdated:
        return moderation.QuestionsUpdated(session_id=self.stream_id, questions=self.questions)
