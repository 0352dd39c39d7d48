"""The replay among a recording's pages in the admin, and the frame in which what was recorded is seen."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.decorators import action

from recordings.models import Recording

SPEEDS = (0.5, 1, 1.5, 2, 3, 4)


class Replayed:
    """For the ModelAdmin of recordings."""

    admin_site: Any
    actions_detail = ("open_replay",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<str:pk>/replay/", view(self.replay), name="recordings_recording_replay"),
            path("<str:pk>/replay/stage/", view(self.stage), name="recordings_recording_stage"),
        ]
        return own + super().get_urls()  # type: ignore[misc, no-any-return]

    def _find(self, request: HttpRequest, pk: str) -> Recording:
        found: Recording | None = Recording.objects.kept().filter(pk=pk).first()
        if not self.has_view_permission(request, found):  # type: ignore[attr-defined]
            raise PermissionDenied
        if found is None:
            raise Http404("Recording not found")
        return found

    def replay(self, request: HttpRequest, pk: str) -> HttpResponse:
        recording = self._find(request, pk)
        context = self.admin_site.each_context(request) | {
            "opts": Recording._meta,
            "title": f"Replay of {recording}",
            "original": recording,
            "recording": recording,
            "path": f"/api/recordings/{recording.pk}/",
            "speeds": SPEEDS,
            "may_note": request.user.has_perm("recordings.add_note"),
        }
        return render(request, "recordings/replay.html", context)

    @action(description="Replay", url_path="open-replay", icon="play_arrow")  # type: ignore[untyped-decorator]
    def open_replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:recordings_recording_replay", pk=object_id)

    @admin.display(description="Replay")
    def replayed(self, recording: Any) -> str:
        """From a list that was searched, the replay looks for the same words in what was said."""
        address = reverse("admin:recordings_recording_replay", args=[recording.pk])
        sought = f"?{urlencode({'q': recording.sought})}" if recording.sought else ""
        return format_html('<a class="underline" href="{}">Replay</a>', address + sought)

    def prepare_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        super().prepare_rows(request, rows)  # type: ignore[misc]
        for row in rows:
            row.sought = request.GET.get("q", "")

    def stage(self, request: HttpRequest, pk: str) -> HttpResponse:
        """The frame knows nothing of a recording: the page that it lies in sends it what to show."""
        self._find(request, pk)
        return stage(request)


@xframe_options_sameorigin
def stage(request: HttpRequest) -> HttpResponse:
    answer = render(request, "recordings/stage.html")
    answer.headers["Content-Security-Policy"] = policy(request)
    return answer


def policy(request: HttpRequest) -> str:
    """Only our own scripts run in the frame, and neither they nor anything recorded reaches the network.

    The document in which rrweb shows the recorded page inherits this, and its sandbox allows no scripts at all. That it
    may have the frame's origin is what lets rrweb write into it.
    """
    ours = request.build_absolute_uri(static("recordings/"))
    rules = {
        "default-src": "'none'",
        "script-src": ours,
        "style-src": f"{ours} 'unsafe-inline'",
        "img-src": "data:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts allow-same-origin",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())
