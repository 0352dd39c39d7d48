"""The paths of recordings below `/api/`, and ShopAloud's own, which stand at the root."""

from django.urls import path

from recordings.views import annotations, archive, audio, recordings, shopaloud

urlpatterns = [
    path("recordings/", recordings.Recordings.as_view()),
    path("recordings/<str:pk>", recordings.OneRecording.as_view()),
    path("recordings/<str:pk>/events", recordings.Events.as_view()),
    path("recordings/<str:pk>/audio/<int:part>.<str:suffix>", audio.Audio.as_view()),
    path("recordings/<str:pk>/archive", archive.Archive.as_view()),
    path("recordings/<str:pk>/outline", annotations.Outlines.as_view()),
    path("recordings/<str:pk>/notes/", annotations.Notes.as_view()),
    path("recordings/<str:pk>/notes/<int:note>", annotations.OneNote.as_view()),
    path("recordings/<str:pk>/transcript", annotations.Transcripts.as_view()),
]

shopaloud_urlpatterns = [
    path("sessions", shopaloud.Sessions.as_view()),
    path("sessions/<str:pk>", shopaloud.Session.as_view()),
    path("users", shopaloud.Users.as_view()),
]
