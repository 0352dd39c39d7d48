"""The paths of replays below `/api/`."""

from django.urls import path

from replays import views

urlpatterns = [
    path("sessions/<uuid:session_id>/timeline", views.Timeline.as_view()),
    path("sessions/<uuid:session_id>/replay", views.OneReplay.as_view()),
]
