"""The addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from storefront import entrances, views

urlpatterns = [
    path("", views.shop, name="shop"),
    path("favicon.ico", views.favicon),
    path("watch/<uuid:stream_id>/", views.watch, name="watch"),
    path("login/", entrances.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", entrances.Register.as_view(), name="register"),
    path("studio/", views.studio, name="studio"),
    path("studio/<uuid:stream_id>/", views.control, name="control"),
    # Addresses are typed without the slash too; only these pages redirect, for the API's paths have none.
    re_path(r"^(?:login|register|studio|(?:watch|studio)/[0-9a-f-]{36})$", views.with_slash),
]
