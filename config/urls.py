"""The REST sitemap, and the pages."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import developers, errors, health, metrics, personal_views, sockets
from recordings import urls as recordings
from shopping import picture_views, views
from shopping.models import picture

urlpatterns = [
    path("health", health.health),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics.page),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", metadata_class=None)),
    path("api/events/", sockets.page, name="events"),
    path("api/events.yaml", sockets.download, name="events-document"),
    path("developers/", developers.page, name="developers"),
    path("developers/limits/", developers.limits, name="limits"),
    path("api/auth/erase", personal_views.Erase.as_view()),
    path("api/auth/export", personal_views.Export.as_view()),
    path("api/", include("accounts.urls")),
    path("api/", include("realtime.urls")),
    path("api/", include("shopping.urls")),
    path("api/", include("signaling.urls")),
    path("api/", include("recordings.urls")),
    path("api/", include("streams.urls")),
    path("api/", include("drops.urls")),
    path("api/", include("support.urls")),
    path("api/", include("analytics.urls")),
    path("api/", include("replays.urls")),
    path("api/", include("search.urls")),
    re_path("^api/", errors.route_not_found),
    path("join/<str:pk>", views.join),
    re_path(rf"^pictures/(?P<name>{picture.NAME})$", picture_views.picture),
    *recordings.shopaloud_urlpatterns,
    path("", include("storefront.urls")),
]

handler404 = errors.route_not_found
handler500 = errors.server_error
