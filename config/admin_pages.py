"""How the admin's pages look, and what their menu leads to."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Vitrine",
    "SITE_HEADER": "Vitrine",
    "SITE_ICON": "/favicon.ico",
    "SITE_DROPDOWN": [
        {"icon": "forum", "title": "Support inbox", "link": "/admin/support/inbox/"},
        {"icon": "call", "title": "Take calls", "link": "/calls/"},
    ],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/favicon.ico"}],
}
