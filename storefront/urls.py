"""The addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from storefront import auth_views, buying, call_desk, conversations, dropping, parties, searching, views

urlpatterns = [
    path("", views.shop, name="shop"),
    path("favicon.ico", views.favicon),
    path("search/", searching.search, name="search"),
    path("watch/<uuid:stream_id>/", views.watch, name="watch"),
    path("bag/", buying.bag, name="bag"),
    path("buy/<uuid:product_id>/", buying.buy, name="buy"),
    path("drops/<uuid:claim_id>/checkout/", dropping.checkout, name="drop-checkout"),
    path("calls/", call_desk.calls, name="calls"),
    path("call/", views.new_call, name="new-call"),
    # Old clients made up any text as a match's name; a link of ours needs no more than this.
    re_path(r"^call/(?P<match>[\w.~-]{1,128})/$", views.call, name="call"),
    path("party/", parties.open_party, name="open-party"),
    re_path(r"^party/(?P<session_id>[\w-]{1,64})/$", parties.party, name="party"),
    re_path(r"^party/(?P<session_id>[\w-]{1,64})/invitation.svg$", parties.invitation, name="invitation"),
    path("login/", auth_views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", auth_views.Register.as_view(), name="register"),
    re_path(r"^support/(?P<token>[\w.-]{1,200})/$", conversations.conversation, name="conversation"),
    path("support/<str:token>/files/<uuid:pk>", conversations.file, name="conversation-file"),
    path("studio/", views.studio, name="studio"),
    path("studio/<uuid:stream_id>/", views.control, name="control"),
    # Addresses are typed without the slash too; only these pages redirect, for the API's paths have none.
    re_path(
        r"^(?:login|register|search|bag|studio|calls|call(?:/[\w.~-]{1,128})?|party(?:/sess_[\w-]{10})?|(?:watch|studio)/[0-9a-f-]{36})$",
        views.with_slash,
    ),
]
