"""How many requests a token may make: counted minute by minute, in the cache that all share."""

import logging
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from api.models import ApiToken

logger = logging.getLogger(__name__)

_MINUTE: Final = 60


def seconds_to_wait(token: ApiToken, *, now: datetime) -> int:
    """0 if this request may go on, and it is counted; else when the next one may.

    Where the cache cannot be reached nothing is counted and nobody is held up.
    """
    minute, second = divmod(int(now.timestamp()), _MINUTE)
    key = f"api.requests.{token.pk}.{minute}"
    try:
        # Two minutes: no process's clock is off by more.
        cache.add(key, 0, 2 * _MINUTE)
        count = cache.incr(key)
    except RedisError as error:
        logger.warning("Requests are not counted: %s", error)
        return 0
    except ValueError:  # it was thrown out in between
        return 0
    return _MINUTE - second if count > settings.API_REQUESTS_PER_MINUTE else 0
