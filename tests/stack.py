"""Where the checks look for PostgreSQL and Redis: their standard ports on this machine."""

import os
from collections.abc import Iterator

import psycopg
from redis import Redis
from redis.exceptions import RedisError

#: Tests that run side by side keep to Redis databases of their own: 15, 14, ….
_NEIGHBOUR = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = f"redis://127.0.0.1:6379/{15 - _NEIGHBOUR % 8}"


def redis_answers() -> bool:
    """Whether Redis is there."""
    try:
        with Redis.from_url(REDIS_URL, socket_connect_timeout=1) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def postgres_server() -> str | None:
    """Address of a PostgreSQL server, without database, on which we may make one; None if none."""
    return next((server for server in _postgres_candidates() if _may_make_databases(server)), None)


def _postgres_candidates() -> Iterator[str]:
    user = os.environ.get("PGUSER", "postgres")
    password = os.environ.get("PGPASSWORD") or os.environ.get("POSTGRES_PASSWORD")
    host, port = os.environ.get("PGHOST", "127.0.0.1"), os.environ.get("PGPORT", "5432")
    if password:
        yield f"postgres://{user}:{password}@{host}:{port}"
    # Without a password where the server trusts this machine, then the one that images come with.
    yield f"postgres://{user}@{host}:{port}"
    yield f"postgres://{user}:postgres@{host}:{port}"


def _may_make_databases(server: str) -> bool:
    may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=2) as connection:
            row = connection.execute(may).fetchone()
    except psycopg.Error:
        return False
    return row == (True,)
