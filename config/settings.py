"""Every setting of the server, read once from the environment; `.env.example` explains each variable."""

import secrets
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from corsheaders.defaults import default_headers

from config import (
    admin_pages,
    attachments,
    cross_origin,
    databases,
    logs,
    mail,
    purchases,
    rate_limits,
    recordings,
    redis_stores,
    rest_api,
    roles,
    serving,
    shows,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DEVELOPMENT_KEY = "development-only-key-never-for-production"
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_KEY if DEBUG else "")
SECRET_KEY_MISSING = not SECRET_KEY
SECRET_KEY = SECRET_KEY or secrets.token_urlsafe(48)  # so that `check` can run and say that it is missing
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
APP_URL = env.str("APP_URL", default="")
HOST, PORT, DRAIN_SECONDS = serving.process(env)
ALLOW_DEVELOPMENT_ON_NETWORK = env.bool("ALLOW_DEVELOPMENT_ON_NETWORK", default=False)
globals().update(mail.server(env))
SUPPORT = mail.support(env, HOST, PORT)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
VERSION = "0.1.0"

# --- what the house is made of

INSTALLED_APPS = [
    "daphne",
    "unfold.apps.BasicAppConfig",
    "config.admin_site.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "config",
    "accounts",
    "realtime",
    "shopping",
    "signaling",
    "recordings",
    "streams",
    "drops",
    "support",
    "analytics",
    "webhooks",
    "replays",
    "search",
    "storefront",
]

MIDDLEWARE = [
    "config.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "rest.middleware.RequestBounds",
    "rest.middleware.PrivateAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.VisitorCookie",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.TooManyAttemptsPage",
    "config.middleware.BusyPage",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # old clients write their paths without one, and a redirect would lose a POST's body

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- where things are kept

DATABASES = {"default": databases.configure(env, BASE_DIR / "var")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
REDIS_PREFIX = env.str("REDIS_PREFIX", default="vitrine")
# For the consumers of apps. Rooms have a broker of their own on the same Redis, see realtime/broker/brokers.py.
CHANNEL_LAYERS = redis_stores.channel_layers(REDIS_URL, REDIS_PREFIX)
# Where REST throttles count: in Redis for all processes together, else each for itself.
CACHES = redis_stores.caches(REDIS_URL, REDIS_PREFIX)

# Background tasks. In development they run where they are enqueued; else a `manage.py db_worker` takes them from the
# database, where they stand from the commit of the transaction that enqueued them.
TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend" if DEBUG else "django_tasks_db.DatabaseBackend"
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
if DEBUG:
    STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of one that is not there, and here it is never filled
RECORDINGS_FOLDER = Path(env.str("RECORDINGS_FOLDER", default=str(BASE_DIR / "var" / "recordings")))
STORAGES = {
    "default": attachments.storage(env, BASE_DIR / "var" / "pictures", "PICTURES_FOLDER"),
    "recordings": recordings.storage(env, RECORDINGS_FOLDER),
    "support": attachments.storage(env, BASE_DIR / "var" / "support"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "config.statics.Storage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- who may come in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "accounts.hashers.BoundedArgon2",
    "accounts.hashers.ImportedBcrypt",  # imported users; rehashed at their first login
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 6}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email")},
    },
]
PASSWORD_HASHES_AT_ONCE = env.int("PASSWORD_HASHES_AT_ONCE", default=2)  # each takes about 100 MB
GUEST_CHAT = env.bool("GUEST_CHAT", default=True)
TRUST_DECLARED_IDENTITY = env.bool("TRUST_DECLARED_IDENTITY", default=False)
TRUST_DECLARED_UNTIL = env.str("TRUST_DECLARED_UNTIL", default="")
# Old clients register as creators and go live; elsewhere staff approve who asks to.
OPEN_REGISTRATION_AS_CREATOR = env.bool("OPEN_REGISTRATION_AS_CREATOR", default=DEBUG or TRUST_DECLARED_IDENTITY)

ROLE_PERMISSIONS = roles.PERMISSIONS

CORS_ORIGINS, EMBED_ORIGINS = cross_origin.origins(env), cross_origin.embedders(env)
CORS_ALLOW_ALL_ORIGINS = "*" in CORS_ORIGINS
CORS_ALLOWED_ORIGINS = [origin for origin in CORS_ORIGINS if "*" not in origin]
CORS_ALLOWED_ORIGIN_REGEXES = cross_origin.patterns(CORS_ORIGINS)
CORS_ALLOW_HEADERS = [*default_headers, "vitrine-guest"]  # see accounts/guests.py
CORS_ALLOW_CREDENTIALS = not CORS_ALLOW_ALL_ORIGINS
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[APP_URL] if APP_URL else [])

JWT_SECRET = env.str("JWT_SECRET", default=SECRET_KEY)
SIMPLE_JWT = rest_api.TOKENS | {"SIGNING_KEY": JWT_SECRET}
REST_FRAMEWORK = rest_api.FRAMEWORK
SPECTACULAR_SETTINGS = rest_api.DOCUMENT | {"VERSION": VERSION}

# --- how much of everything: the bounds that an operator may want to move

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes of one REST body
LONG_BODIES = rest_api.LONG_BODIES
MAX_CONNECTIONS = env.int("MAX_CONNECTIONS", default=20_000)  # of one process; 0 is no limit, here and below
MAX_CONNECTIONS_PER_IP = env.int("MAX_CONNECTIONS_PER_IP", default=200)  # IPv6 by /64
MAX_CONNECTIONS_PER_USER = env.int("MAX_CONNECTIONS_PER_USER", default=20)  # sockets of one account
RECOVERY_EVENTS = env.int("RECOVERY_EVENTS", default=1000)  # a client that missed more gets the room as it is now
RECOVERY_SECONDS = env.int("RECOVERY_SECONDS", default=24 * 60 * 60)
PRESENCE_BEAT = env.float("PRESENCE_BEAT", default=10.0)  # seconds between two heartbeats of a process
PRESENCE_LIFETIME = env.float("PRESENCE_LIFETIME", default=30.0)  # seconds that a process counts as alive after one
RUN_JOBS = env.bool("RUN_JOBS", default=True)
PLAIN_ADAPTERS = env.list("PLAIN_ADAPTERS", default=[])  # whatever the release; see realtime/adapters/releases.py
SOCKET_DATABASE_THREADS = databases.socket_threads(env)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # what Prometheus brings to /metrics; without it there is none
HISTORY_KEPT = timedelta(days=env.int("HISTORY_DAYS", default=400))  # of views, clicks and calls; 0 is for ever
REST_RATES = rate_limits.rest_changed(env.json("REST_RATES", default={}))
LIMITS = rate_limits.changed(env.json("LIMITS", default={}))
QUOTAS = rate_limits.quotas_changed(env.json("QUOTAS", default={}))

# --- the shop, its media and its pages

SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="USD")
SEARCH_LANGUAGE = env.str("SEARCH_LANGUAGE", default="english")  # that shows and products are described in
# How viewers may react to shows that are made from now on. The pages have pictures of the first five.
REACTION_KINDS = env.list("REACTION_KINDS", default=["heart", "like", "fire", "clap", "wow", "love", "laugh", "shock"])
SLOW_MODE_PER_ADDRESS = env.int("SLOW_MODE_PER_ADDRESS", default=5)  # lines of its guests and of new accounts
RESERVED_NAMES = env.list("RESERVED_NAMES", default=[])  # such as the shop's own, beside the words in accounts/looks.py
RESTRICT_ADDRESS_MINUTES = env.int("RESTRICT_ADDRESS_MINUTES", default=60)  # beside the person; 0 spares it
REMOVED_CHAT_DAYS = env.int("REMOVED_CHAT_DAYS", default=30)  # for so long staff can read what was removed
CHAT_HOOK = env.str("CHAT_HOOK", default="")  # looks at each message first; see docs/moderation.md
CHAT_HOOK_SECRET = env.str("CHAT_HOOK_SECRET", default="")
CHAT_HOOK_SECONDS = env.float("CHAT_HOOK_SECONDS", default=0.5)  # that a message waits for it
CHAT_HOOK_FAILS = env.str("CHAT_HOOK_FAILS", default="open")  # or "closed": then messages wait for moderators
PURCHASES = purchases.purchases(env)
WEBHOOK_PRIVATE_NETWORKS = [ip_network(each) for each in env.list("WEBHOOK_PRIVATE_NETWORKS", default=[])]
SHOWS = shows.shows(env)
HOST_AWAY_SECONDS = env.float("HOST_AWAY_SECONDS", default=10.0)  # without a connection, until viewers are told
PINS_AT_ONCE = env.int("PINS_AT_ONCE", default=3)  # of one show; more than that nobody sees on a phone
AGORA_APP_ID = env.str("AGORA_APP_ID", default="")
AGORA_APP_CERTIFICATE = env.str("AGORA_APP_CERTIFICATE", default="")
AGORA_TOKEN_EXPIRY = env.int("AGORA_TOKEN_EXPIRY", default=24 * 60 * 60)  # seconds; 24 h is also Agora's most
AGORA_SDK_URL = env.str("AGORA_SDK_URL", default="")
LIVEKIT_URL = env.str("LIVEKIT_URL", default="")
LIVEKIT_API_KEY = env.str("LIVEKIT_API_KEY", default="")
LIVEKIT_API_SECRET = env.str("LIVEKIT_API_SECRET", default="")
LIVEKIT_TOKEN_EXPIRY = env.int("LIVEKIT_TOKEN_EXPIRY", default=60 * 60)  # seconds
HLS_ORIGINS = env.list("HLS_ORIGINS", default=[])
MEDIA_PROVIDER = env.str("MEDIA_PROVIDER", default="agora" if AGORA_APP_ID and AGORA_APP_CERTIFICATE else "p2p")
BROADCAST_VIEWERS = env.int("BROADCAST_VIEWERS", default=12)  # each costs the broadcaster an upload of its own
BROADCAST_GRACE_SECONDS = env.float("BROADCAST_GRACE_SECONDS", default=8.0)  # for a broadcaster whose socket is lost

# --- shopping together

PARTY_TTL = timedelta(minutes=env.float("SESSION_TTL_MINUTES", default=30.0))  # after the last thing that happened
PARTY_GRACE = timedelta(seconds=env.float("PARTY_GRACE_SECONDS", default=30.0))  # after the last one has gone
PARTY_SIZE = env.int("PARTY_SIZE", default=20)

# --- calls

STUN_SERVER_URL = env.list(
    "STUN_SERVER_URL",
    default=[f"stun:{host}.l.google.com:19302" for host in ("stun", "stun1", "stun2")],
)
TURN_SERVER_URL = env.list("TURN_SERVER_URL", default=[])
TURN_SECRET = env.str("TURN_SECRET", default="")
TURN_TTL = env.int("TURN_TTL", default=60 * 60)  # seconds; longer ones than an hour are refused at start
TURN_USERNAME = env.str("TURN_USERNAME", default="")
TURN_CREDENTIAL = env.str("TURN_CREDENTIAL", default="") or env.str("TURN_PASSWORD", default="")
METERED_USERNAME = env.str("METERED_USERNAME", default="")
METERED_CREDENTIAL = env.str("METERED_CREDENTIAL", default="")
ICE_TRANSPORT_POLICY = env.str("ICE_TRANSPORT_POLICY", default="all")
OPEN_MATCHES = env.bool("OPEN_MATCHES", default=True)
CALL_RING_SECONDS = env.float("CALL_RING_SECONDS", default=60.0)
CALL_GRACE_SECONDS = env.float("CALL_GRACE_SECONDS", default=8.0)
SHOP_CALL_RING_SECONDS = env.float("SHOP_CALL_RING_SECONDS", default=20.0)  # at one of the staff, then at the next

# --- recordings

RECORDINGS_ENCRYPTION = env.bool("RECORDINGS_ENCRYPTION", default=True)  # off only where the disks encrypt
RECORDINGS_KEY = recordings.keys(env, BASE_DIR / "var" / "recordings.key", make=DEBUG and RECORDINGS_ENCRYPTION)
REQUIRE_CONSENT = env.bool("REQUIRE_CONSENT", default=not TRUST_DECLARED_IDENTITY)  # old clients ask for none
RECORDINGS_RETENTION = timedelta(days=env.int("RECORDINGS_RETENTION_DAYS", default=90))  # 0 is for ever
# A command, or the address of a webhook, that writes down what was said; see docs/recordings-transcripts.md.
TRANSCRIBE = env.str("TRANSCRIBE", default="")
TRANSCRIBE_TOKEN = env.str("TRANSCRIBE_TOKEN", default="")
TRANSCRIBE_MODEL = env.str("TRANSCRIBE_MODEL", default="")
TRANSCRIBE_SECONDS = env.int("TRANSCRIBE_SECONDS", default=30 * 60)  # for one track
SHOW_VIDEO_RETENTION = timedelta(days=env.int("SHOW_VIDEO_RETENTION_DAYS", default=365))  # 0 is as long as the show
RECORDINGS_MIN_FREE_BYTES = env.int("RECORDINGS_MIN_FREE_BYTES", default=2 * 1024**3)  # less: nothing is recorded

UNFOLD = admin_pages.UNFOLD
LANGUAGE_CODE = "en"
# Our own words are English: Django's, which LocaleMiddleware translates for each reader, must not stand among them.
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True

if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = ["^health$", "^livez$", "^readyz$", "^metrics$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

LOGGING = logs.configure(env.str("LOG_LEVEL", default="INFO"))
