"""Huey's parts. It imports Redis' client wherever it finds it; here only where the queue is in Redis."""

from typing import Any

from app.absent import absent

with absent("redis"):
    from huey import Huey, RedisHuey, SqliteHuey, storage  # type: ignore[import-untyped]
    from huey.consumer import BaseProcess, Consumer  # type: ignore[import-untyped]
    from huey.registry import Message  # type: ignore[import-untyped]
    from huey.serializer import Serializer  # type: ignore[import-untyped]
    from huey.storage import PostgresStorage  # type: ignore[import-untyped]

__all__ = ["BaseProcess", "Consumer", "Huey", "Message", "PostgresStorage", "Serializer", "SqliteHuey", "on_redis"]


def on_redis(name: str, pool: Any, **options: Any) -> Huey:
    """Return Huey on Redis, with what it would have imported from its client itself."""
    import redis

    storage.Redis = storage.RedisStorage.redis_client = redis.Redis
    storage.ConnectionPool = redis.ConnectionPool
    storage.ConnectionError, storage.TimeoutError = redis.exceptions.ConnectionError, redis.exceptions.TimeoutError
    return RedisHuey(name, connection_pool=pool, **options)
