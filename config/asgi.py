"""HTTP, WebSocket and Socket.IO in one application."""

import io
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()  # first: it sets Django up

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from config import routing  # noqa: E402
from realtime.endpoints import lifespan, socketio  # noqa: E402
from rest.development import kept_local  # noqa: E402
from rest.guard import Guard  # noqa: E402
from rest.proxies import TrustedProxies  # noqa: E402

# No server starts with settings that are wrong. What `check` only warns of does not stop it.
call_command("check", stdout=io.StringIO())

application = TrustedProxies(
    Guard(
        kept_local(
            socketio.endpoint(
                routing.SocketIOEndpoint,
                ProtocolTypeRouter({"http": http, "websocket": routing.websocket, "lifespan": lifespan.application}),
            )
        ),
        reader=socketio.PATH,
    ),
    settings.TRUSTED_PROXIES,
)
