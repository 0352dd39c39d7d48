"""The paths of calls below `/api/`."""

from django.urls import path

from signaling.views import ice, matches

urlpatterns = [
    path("ice-servers", ice.IceServers.as_view()),
    path("config/webrtc", ice.WebrtcConfig.as_view()),
    path("matches", matches.Matches.as_view()),
    path("stats", matches.Stats.as_view()),
]
