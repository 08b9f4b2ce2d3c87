"""Huey's parts. It imports clients of Redis and PostgreSQL wherever it finds them; here where the queue is there."""

from typing import Any

from app.absent import absent

with absent("redis"), absent("psycopg"):
    from huey import Huey, RedisHuey, SqliteHuey, storage  # type: ignore[import-untyped]
    from huey.consumer import BaseProcess, Consumer  # type: ignore[import-untyped]
    from huey.registry import Message  # type: ignore[import-untyped]
    from huey.serializer import Serializer  # type: ignore[import-untyped]
    from huey.storage import PostgresStorage  # type: ignore[import-untyped]

__all__ = [
    "BaseProcess",
    "Consumer",
    "Huey",
    "Message",
    "PostgresStorage",
    "Serializer",
    "SqliteHuey",
    "on_postgresql",
    "on_redis",
]


def on_postgresql(name: str, driver: Any, **options: Any) -> Huey:
    """Return Huey on PostgreSQL, with the driver that it would have imported itself."""
    storage.psycopg = driver
    return Huey(name, **options)


def on_redis(name: str, pool: Any, **options: Any) -> Huey:
    """Return Huey on Redis, with what it would have imported from its client itself."""
    import redis

    storage.Redis = storage.RedisStorage.redis_client = redis.Redis
    storage.ConnectionPool = redis.ConnectionPool
    storage.ConnectionError, storage.TimeoutError = redis.exceptions.ConnectionError, redis.exceptions.TimeoutError
    return RedisHuey(name, connection_pool=pool, **options)
