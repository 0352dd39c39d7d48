"""The paths of support below `/api/`."""

from django.urls import path

from support.views.attachments import Attachments, Uploads
from support.views.conversations import Conversations
from support.views.figures import Figures
from support.views.inbound import InboundMail
from support.views.start_over import StartOver

urlpatterns = [
    path("support/inbound", InboundMail.as_view()),
    path("support/figures", Figures.as_view()),
    path("support/start-over", StartOver.as_view()),
    path("support/conversations", Conversations.as_view({"get": "list", "post": "create"})),
    path("support/conversations/<uuid:pk>", Conversations.as_view({"get": "retrieve"})),
    path("support/conversations/<uuid:pk>/messages", Conversations.as_view({"get": "messages", "post": "write"})),
    path("support/conversations/<uuid:pk>/attachments", Uploads.as_view()),
    path("support/attachments/<uuid:pk>", Attachments.as_view()),
    path("support/conversations/<uuid:pk>/assign", Conversations.as_view({"post": "assign"})),
    path("support/conversations/<uuid:pk>/status", Conversations.as_view({"post": "status"})),
    path("support/conversations/<uuid:pk>/rating", Conversations.as_view({"post": "rating"})),
    path("support/conversations/<uuid:pk>/transcript", Conversations.as_view({"get": "transcript"})),
]
