"""What Django keeps in Redis, or in the memory of each process where there is none."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}


def channel_layers(urls: str, prefix: str) -> dict[str, Any]:
    """The setting CHANNEL_LAYERS; `urls` are those of all Redis servers with commas between them, or empty."""
    if not urls:
        return {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    options = {"hosts": urls.split(","), "prefix": prefix}
    return {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": options}}


def caches(urls: str, prefix: str) -> dict[str, Any]:
    """The setting CACHES: the default cache is the first Redis server, and `process` is each process's own memory."""
    process = {**MEMORY, "LOCATION": "process"}
    if not urls:
        return {"default": MEMORY, "process": process}
    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": urls.split(",")[0],
        "KEY_PREFIX": prefix,
        # A Redis that is away must not make a log-in wait: then each process counts for itself.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 1)},
    }
    return {"default": shared, "process": process}
