"""The addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from storefront import (
    account,
    auth_views,
    buying,
    calendars,
    call_desk,
    conversations,
    dropping,
    embedding,
    figures,
    handing_over,
    oembed,
    parties,
    reminders,
    searching,
    views,
)

ID = "[0-9a-f-]{36}"
WITHOUT_SLASH = (
    "login",
    "account",
    "register",
    "search",
    "bag",
    "calls",
    r"call(?:/[\w.~-]{1,128})?",
    r"party(?:/sess_[\w-]{10})?",
    f"(?:watch|embed)/{ID}",
    f"studio(?:/figures|/{ID}(?:/report)?)?",
)

urlpatterns = [
    path("", views.shop, name="shop"),
    path("favicon.ico", views.favicon),
    path("search/", searching.search, name="search"),
    path("watch/<uuid:stream_id>/", views.watch, name="watch"),
    path("watch/<uuid:stream_id>/show.ics", calendars.calendar, name="calendar"),
    re_path(r"^reminders/(?P<token>[\w.-]{1,200})/$", reminders.reminder, name="reminder"),
    path("embed.js", embedding.script, name="embed-script"),
    path("embed/shows", embedding.shows, name="embed-shows"),
    path("embed/<uuid:stream_id>/", embedding.player, name="embed"),
    path("embed/<uuid:stream_id>/reader", embedding.reader, name="embed-reader"),
    path("embed/<uuid:stream_id>/goods", handing_over.goods, name="embed-goods"),
    path("oembed", oembed.oembed, name="oembed"),
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
    path("account/", account.account, name="account"),
    path("password-reset/", account.Forgotten.as_view(), name="password_reset"),
    re_path(
        r"^password-reset/(?P<uid>[\w-]{1,30})/(?P<token>[\w-]{1,100})/$",
        account.NewPassword.as_view(),
        name="password_reset_confirm",
    ),
    re_path(r"^verify/(?P<token>[\w.:-]{1,1000})/$", account.Verify.as_view(), name="verify"),
    re_path(r"^support/(?P<token>[\w.-]{1,200})/$", conversations.conversation, name="conversation"),
    path("support/<str:token>/files/<uuid:pk>", conversations.file, name="conversation-file"),
    path("studio/", views.studio, name="studio"),
    path("studio/<uuid:stream_id>/", views.control, name="control"),
    path("studio/figures/", figures.overview, name="figures"),
    path("studio/<uuid:stream_id>/report/", figures.report, name="report"),
    # Addresses are typed without the slash too; only these pages redirect, for the API's paths have none.
    re_path(rf"^(?:{'|'.join(WITHOUT_SLASH)})$", views.with_slash),
]
