"""What Django REST framework, its tokens and the OpenAPI document of its endpoints are set to."""

from datetime import timedelta
from typing import Any

FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest.rendering.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.rest_exception",
    "DATETIME_FORMAT": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": 0,  # rest/proxies.py has put the client's own address in REMOTE_ADDR
}

TOKENS: dict[str, Any] = {
    "ALGORITHM": "HS256",
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=24),  # old clients never refresh: a shorter one logs them out mid-show
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "USER_ID_CLAIM": "userId",
    "UPDATE_LAST_LOGIN": False,
    "LEEWAY": 10,  # seconds that the clocks of two servers may differ
}

LONG_BODIES = {  # bytes that bodies may have at these addresses
    "/api/products/pictures": 8 * 1024**2 + 64 * 1024,
    "/admin/shopping/product/(add|[^/]+/change)/": 8 * 1024**2 + 1024**2,
    "/admin/shopping/import/add/": 16 * 1024**2 + 64 * 1024,
    "/api/support/conversations/[^/]+/attachments": 10 * 1024**2 + 64 * 1024,
    "/api/sessions/[^/]+/video/[0-9]+/slices/[0-9]+": 4 * 1024**2,
}

DOCUMENT: dict[str, Any] = {
    "TITLE": "Vitrine",
    "DESCRIPTION": "Self-hosted live commerce: shows, products, chat and their records.",
    "DEFAULT_GENERATOR_CLASS": "config.schema.Generator",
    "SCHEMA_PATH_PREFIX": "/api",  # what stands behind it groups the endpoints; not all paths begin with it
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.openapi.describe"],
    "ENUM_NAME_OVERRIDES": {
        "Role": "accounts.models.Role",
        "MediaRole": ["publisher", "subscriber"],
        "StatusEnum": "streams.models.Stream.Status",
        "ReplayStatus": ["live", "paused", "ended"],
        "RecordingStatus": "recordings.models.Status",
        "ShopCallStatus": ["ringing", "accepted", "unanswered", "cancelled"],
        "ConversationStatus": "support.models.Conversation.Status",
        "DropStatus": ["announced", "open", "sold_out", "closed"],
        "ClaimState": "drops.models.states.CLAIM_STATES",
        "QuestionStatus": "streams.models.Question.Status",
        "ReportStatus": "streams.models.Report.Status",
        "RestrictionKind": "realtime.models.Restriction.Kind",
    },
}
