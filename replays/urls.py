"""The paths of replays below `/api/`."""

from django.urls import path

from replays.views import replay, video

urlpatterns = [
    path("sessions/<uuid:session_id>/timeline", replay.Timeline.as_view()),
    path("sessions/<uuid:session_id>/replay", replay.OneReplay.as_view()),
    path("sessions/<uuid:session_id>/video", video.Parts.as_view()),
    path("sessions/<uuid:session_id>/video/<int:number>", video.OnePart.as_view()),
    path("sessions/<uuid:session_id>/video/<int:number>/end", video.End.as_view()),
    path("sessions/<uuid:session_id>/video/<int:number>/slices/<int:slice>", video.Slices.as_view()),
    path("sessions/<uuid:session_id>/video/<int:number>.<str:suffix>", video.Film.as_view()),
]
