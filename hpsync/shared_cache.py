"""The cache that all web processes share: the broker's Redis, which every installation has."""

from urllib.parse import parse_qs, urlsplit

#: Nobody waits long at the sign-in page because a broker hangs.
PATIENCE_SECONDS = 2


def cache_in(broker_url: str) -> dict[str, object]:
    """Django's settings of a cache in that broker; within each process for another broker."""
    parts = urlsplit(broker_url)
    options = {"socket_timeout": PATIENCE_SECONDS}
    if parts.scheme in {"redis", "rediss"}:
        location, options["socket_connect_timeout"] = broker_url, PATIENCE_SECONDS
    elif parts.scheme == "redis+socket":
        number = parse_qs(parts.query).get("virtual_host", ["0"])[0]
        location = f"unix://{parts.path}?db={number}"
    else:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": location,
        "KEY_PREFIX": "hpsync",
        "OPTIONS": options,
    }
