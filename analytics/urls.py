"""The paths of figures below `/api/`."""

from django.urls import path

from analytics import views

urlpatterns = [path("sessions/<uuid:session_id>/analytics/live", views.Live.as_view())]
