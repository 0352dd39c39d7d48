"""The paths of rooms below `/api/`."""

from django.urls import path

from realtime import views

urlpatterns = [path("rooms/<str:key>/events", views.RoomEvents.as_view())]
