"""The models of recordings."""

from recordings.models.annotation import Note
from recordings.models.audio import AudioChunk, AudioTrack
from recordings.models.consent import Consent
from recordings.models.event_batch import EventBatch
from recordings.models.outline import Outline
from recordings.models.participant import Participant
from recordings.models.recording import Recording
from recordings.models.recording_queryset import Status
from recordings.models.track_transcript import TrackTranscript
from recordings.models.transcript import Transcript

__all__ = [
    "AudioChunk",
    "AudioTrack",
    "Consent",
    "EventBatch",
    "Note",
    "Outline",
    "Participant",
    "Recording",
    "Status",
    "TrackTranscript",
    "Transcript",
]
