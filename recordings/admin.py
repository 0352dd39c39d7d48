"""Recordings in the admin: who was recorded and when, what became of their audio, how long they are kept."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_tools import KnowsReader, NamesPeople, ReadOnly, ReadOnlyAdmin, RemovedByVerb, link, report
from recordings.models import AudioTrack, Consent, Participant, Recording, Transcript, searching
from recordings.replay import Replayed

PARTLY = "Notes and transcripts were not looked through of recordings from before"


def duration(milliseconds: int) -> str:
    """As a player shows it: 4:05, or 1:04:05."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class TrackInline(ReadOnly, TabularInline):
    model = AudioTrack
    fields = readonly_fields = ("player", "lasts", "mime", "size", "created_at")
    extra = 0
    hide_title = True

    @admin.display(description="Audio")
    def player(self, track: AudioTrack) -> str:
        return format_html('<audio controls preload="none" src="{}"></audio>', track.path)

    @admin.display(description="Length")
    def lasts(self, track: AudioTrack) -> str:
        return duration(track.duration_ms)


@admin.action(description="End the visit", permissions=["manage"])
def end(site: "RecordingAdmin", request: HttpRequest, recordings: QuerySet[Recording]) -> None:
    report(request, sum(recording.end() for recording in recordings), "recording", "ended")


@admin.action(description="Try again to finish the audio", permissions=["manage"])
def retry(site: "RecordingAdmin", request: HttpRequest, recordings: QuerySet[Recording]) -> None:
    report(request, sum(recording.retry() for recording in recordings), "recording", "tried again")


@admin.action(description="Pin, so that they are kept for longer", permissions=["manage"])
def pin(site: "RecordingAdmin", request: HttpRequest, recordings: QuerySet[Recording]) -> None:
    for recording in recordings:
        recording.pin(True)
    report(request, len(recordings), "recording", "pinned")


@admin.action(description="Unpin", permissions=["manage"])
def unpin(site: "RecordingAdmin", request: HttpRequest, recordings: QuerySet[Recording]) -> None:
    for recording in recordings:
        recording.pin(False)
    report(request, len(recordings), "recording", "unpinned")


@admin.action(description="Write down anew what was said", permissions=["manage"])
def write_down(site: "RecordingAdmin", request: HttpRequest, recordings: QuerySet[Recording]) -> None:
    report(request, sum(Transcript.objects.ask(recording) for recording in recordings), "transcript", "asked for")


@admin.register(Recording)
class RecordingAdmin(Replayed, KnowsReader, RemovedByVerb, ReadOnly, ModelAdmin):
    """All of it is written by verbs: whoever saved a form would undo what came meanwhile."""

    fieldsets = (
        (None, {"fields": ("id", "who", "url", "created_at", "last_at", "ended_at", "lasts", "connections")}),
        ("Kept", {"fields": ("event_count", "amount", "is_sealed", "pinned", "expires_at", "agreed")}),
        ("Audio", {"fields": ("status", "finish_tries", "finish_at", "last_error", "written")}),
    )
    inlines = (TrackInline,)
    list_display = (
        "created_at",
        "replayed",
        "who",
        "url",
        "state",
        "lasts",
        "has_audio",
        "event_count",
        "kept",
    )
    list_filter = ("status", "pinned")
    list_select_related = ("participant", "consent")
    search_fields = (
        "=id",
        "=participant__id",
        "participant__name",
        "participant__email",
        "url",
    )
    search_help_text = "Participant, address, what was said and what notes say"
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = (end, retry, pin, unpin, write_down)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        recordings: QuerySet[Recording] = super().get_queryset(request)
        return recordings.filter(removed_at__isnull=True).annotate(parts=Count("tracks"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Recording], search_term: str
    ) -> tuple[QuerySet[Recording], bool]:
        """What was said and noted is sealed, so the database alone cannot find it."""
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return found, has_duplicates
        sought = searching.search(queryset, search_term)
        if sought.since is not None:
            messages.info(request, f"{PARTLY} {date_format(localtime(sought.since), 'DATETIME_FORMAT')}.")
        return queryset.filter(Q(pk__in=found.order_by().values("pk")) | Q(pk__in=sought.ids)), has_duplicates

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recordings.delete_recording")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("recordings.change_recording")

    @admin.display(description="Participant", ordering="participant__name")
    def who(self, recording: Any) -> str:
        person = recording.participant
        return link(person, recording.reader, person.title) if person else "-"

    @admin.display(description="Status", ordering="status")
    def state(self, recording: Recording) -> str:
        """With what went wrong the last time, which is why staff look."""
        status = recording.get_status_display()
        error = Truncator(recording.last_error).chars(80)
        return format_html("{}<br><small>{}</small>", status, error) if error else status

    @admin.display(description="Kept until", ordering="expires_at")
    def kept(self, recording: Recording) -> str:
        if recording.pinned:
            return "pinned"
        return f"{recording.expires_at:%Y-%m-%d}" if recording.expires_at else "for ever"

    @admin.display(description="Length", ordering="duration_ms")
    def lasts(self, recording: Recording) -> str:
        return duration(recording.duration_ms)

    @admin.display(description="Audio", boolean=True)
    def has_audio(self, recording: Any) -> bool:
        return bool(recording.parts)

    @admin.display(description="Size", ordering="byte_count")
    def amount(self, recording: Recording) -> str:
        return filesizeformat(recording.byte_count)

    @admin.display(description="Transcript")
    def written(self, recording: Recording) -> str:
        transcript = Transcript.objects.filter(recording=recording).first()
        if transcript is None:
            return "-"
        return ": ".join(filter(None, (transcript.get_status_display(), transcript.error)))

    @admin.display(description="Encrypted", boolean=True)
    def is_sealed(self, recording: Recording) -> bool:
        return recording.wrapped_key is not None

    @admin.display(description="Consent")
    def agreed(self, recording: Recording) -> str:
        consent = recording.consent
        return f"{consent}, {consent.at:%Y-%m-%d %H:%M}" if consent else "none was asked for"


class RecordingInline(ReadOnly, TabularInline):
    model = Recording
    fields = readonly_fields = ("created_at", "status", "url", "lasts", "expires_at")
    ordering = ("-created_at",)
    extra = 0
    hide_title = True
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        recordings: QuerySet[Recording] = super().get_queryset(request)
        return recordings.filter(removed_at__isnull=True)

    @admin.display(description="Length")
    def lasts(self, recording: Recording) -> str:
        return duration(recording.duration_ms)


class ConsentInline(ReadOnly, TabularInline):
    model = Consent
    fields = readonly_fields = ("at", "version", "declined")
    ordering = ("-at",)
    extra = 0
    hide_title = True


@admin.register(Participant)
class ParticipantAdmin(NamesPeople, RemovedByVerb, ReadOnly, ModelAdmin):
    """Whoever deletes one deletes all that was recorded of them."""

    fields = ("id", "name", "email", "who", "created_at")
    inlines = (RecordingInline, ConsentInline)
    list_display = ("known_as", "who", "recorded", "created_at")
    search_fields = ("=id", "name", "email", "=identity")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        participants: QuerySet[Participant] = super().get_queryset(request)
        return participants.annotate(recorded_count=Count("recordings"))

    def get_deleted_objects(
        self, rows: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        names, counts, lacking, kept = super().get_deleted_objects(rows, request)
        recordings = Recording.objects.kept().filter(participant__in=list(rows)).count()
        return names, {**counts, "recordings": recordings}, lacking, kept

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recordings.delete_participant")

    @admin.display(description="Participant", ordering="name")
    def known_as(self, participant: Participant) -> str:
        return participant.title

    @admin.display(description="Recordings", ordering="recorded_count")
    def recorded(self, participant: Any) -> int:
        count: int = participant.recorded_count
        return count


@admin.register(Consent)
class ConsentAdmin(NamesPeople, ReadOnlyAdmin):
    list_display = ("stored_at", "who", "participant", "version", "declined", "at")
    list_filter = ("declined", "version")
    list_select_related = ("participant",)
    search_fields = ("=identity", "=participant__id", "version")
    date_hierarchy = "stored_at"
    ordering = ("-stored_at",)
