"""The paths of drops below `/api/`."""

from django.urls import URLPattern, URLResolver, include, path

from drops import views

Drops, Claims = views.Drops.as_view, views.Claims.as_view

claim_urls = [
    path("", Claims({"delete": "destroy"})),
    path("/extend", Claims({"post": "extend"})),
    path("/pass-on", Claims({"post": "pass_on"})),
    path("/decide", Claims({"post": "decide"})),
]

drop_urls = [
    path("", Drops({"get": "retrieve"})),
    path("/open", Drops({"post": "open"})),
    path("/extend", Drops({"post": "extend"})),
    path("/pieces", Drops({"post": "add_pieces"})),
    path("/close", Drops({"post": "close"})),
    path("/undo", Drops({"post": "undo"})),
    path("/claims", Claims({"get": "list", "post": "create"})),
]

show_urls: list[URLPattern | URLResolver] = [
    path("", Drops({"get": "list", "post": "create"})),
    path("/figures", Drops({"get": "figures"})),
    path("/claims", Claims({"get": "mine"})),
    path("/claims/<uuid:pk>", include(claim_urls)),
    path("/<uuid:pk>", include(drop_urls)),
]

urlpatterns = [path("sessions/<uuid:session_id>/drops", include(show_urls))]
