"""The paths of shows below `/api/`."""

from django.urls import include, path, re_path

from streams.views import chat, moderation, parties, pins, products, questions, reminders, review, sessions, shop_calls

Sessions, Chat = sessions.Sessions.as_view, chat.Chat.as_view
Products, Pins = products.Products.as_view, pins.Pins.as_view
ShopCalls = shop_calls.ShopCalls.as_view

session_urls = [
    path("", Sessions({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"})),
    path("/status", Sessions({"patch": "status"})),
    path("/start-stream", Sessions({"post": "start_stream"})),
    path("/end-stream", Sessions({"post": "end_stream"})),
    path("/stream-token", Sessions({"get": "stream_token"})),
    path("/refresh-token", Sessions({"post": "refresh_token"})),
    path("/reactions", Sessions({"get": "reactions"})),
    path("/showcase", Sessions({"post": "showcase"})),
    path("/open", Sessions({"post": "open_to_everybody"})),
    path("/parties", parties.Parties.as_view({"post": "create"})),
]

chat_urls = [
    path("", Chat({"get": "list", "post": "create"})),
    path("/count", Chat({"get": "count"})),
    path("/<uuid:pk>", Chat({"delete": "destroy"})),
]

product_urls = [
    path("", Products({"get": "list", "post": "create", "patch": "feature_only"})),
    path("/<uuid:product_id>", Products({"delete": "destroy"})),
    path("/<uuid:product_id>/feature", Products({"patch": "feature"})),
    path("/<uuid:product_id>/order", Products({"patch": "order"})),
]

pin_urls = [
    path("", Pins({"get": "list", "post": "create"})),
    path("/order", Pins({"put": "order"})),
    path("/<uuid:product_id>", Pins({"delete": "destroy"})),
]

moderation_urls = [
    path("", moderation.Rules.as_view({"get": "retrieve", "patch": "update"})),
    path("/pin", moderation.Pin.as_view({"put": "update", "delete": "destroy"})),
    path("/removals", moderation.Removals.as_view({"post": "create"})),
    path("/mutes", moderation.Mutes.as_view({"get": "list", "post": "create"})),
    path("/mutes/<int:pk>", moderation.Mutes.as_view({"delete": "destroy"})),
    path("/bans", moderation.Bans.as_view({"get": "list", "post": "create"})),
    path("/bans/<int:pk>", moderation.Bans.as_view({"delete": "destroy"})),
    path("/words", moderation.Words.as_view({"get": "list", "post": "create"})),
    path("/words/<int:pk>", moderation.Words.as_view({"delete": "destroy"})),
    path("/reports", review.Reports.as_view({"get": "list", "post": "create"})),
    path("/reports/<int:pk>", review.Reports.as_view({"patch": "update"})),
    path("/held", review.Held.as_view({"get": "list"})),
    path("/held/<uuid:pk>", review.Held.as_view({"patch": "update"})),
    path("/audit", review.Audit.as_view({"get": "list"})),
    path("/audit.csv", review.Audit.as_view({"get": "as_csv"}), name="audit-csv"),
    path("/audit.jsonl", review.Audit.as_view({"get": "as_json_lines"})),
    path("/audit/<int:pk>/undo", review.Audit.as_view({"post": "undo"})),
    path("/moderators", moderation.Moderators.as_view({"get": "list", "post": "create"})),
    path("/moderators/<int:user_id>", moderation.Moderators.as_view({"delete": "destroy"})),
]

question_urls = [
    path("", questions.Questions.as_view({"get": "list", "post": "create"})),
    path("/<int:pk>", questions.Questions.as_view({"patch": "update"})),
    path("/<int:pk>/vote", questions.Questions.as_view({"post": "vote", "delete": "unvote"})),
]

urlpatterns = [
    path("users/live", sessions.LiveUsers.as_view()),
    path("sessions", Sessions({"get": "list", "post": "create"})),
    path("sessions/<uuid:pk>", include(session_urls)),
    path("sessions/<uuid:session_id>/chat", include(chat_urls)),
    path("sessions/<uuid:session_id>/products", include(product_urls)),
    path("sessions/<uuid:session_id>/moderation", include(moderation_urls)),
    path("sessions/<uuid:session_id>/questions", include(question_urls)),
    path("sessions/<uuid:session_id>/pins", include(pin_urls)),
    path("sessions/<uuid:session_id>/reminder", reminders.Reminders.as_view()),
    re_path(r"^reminders/(?P<token>[\w.-]{1,200})/unsubscribe$", reminders.Unsubscribe.as_view()),
    path("shop-calls", ShopCalls({"get": "list", "post": "create"})),
    path("shop-calls/<int:pk>", ShopCalls({"get": "retrieve", "delete": "destroy"})),
]
