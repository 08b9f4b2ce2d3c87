"""Huey's parts. It imports Redis' client wherever it finds it; here only where the queue is in Redis."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _absent(package: str) -> "Iterator[None]":
    """Let the package seem not installed, which Huey provides for; leave it where it is imported already."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own mark of what cannot be imported
    try:
        yield
    finally:
        del sys.modules[package]


with _absent("redis"):
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
