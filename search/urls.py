"""The paths of searching below `/api/`."""

from django.urls import path

from search.views import Search

urlpatterns = [
    path("search", Search.as_view({"get": "everything"})),
    path("search/suggestions", Search.as_view({"get": "suggestions"})),
    path("search/sessions", Search.as_view({"get": "sessions"})),
    path("search/sessions/live", Search.as_view({"get": "live"})),
    path("search/sessions/upcoming", Search.as_view({"get": "upcoming"})),
    path("search/sessions/trending", Search.as_view({"get": "trending"})),
    path("search/sessions/creator/<int:creator>", Search.as_view({"get": "of_creator"})),
    path("search/products", Search.as_view({"get": "products"})),
    path("search/creators", Search.as_view({"get": "creators"})),
    path("search/lines", Search.as_view({"get": "lines"})),
]
