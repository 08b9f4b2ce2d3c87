"""Counts of tries, which limits are judged by: in Redis for all processes, and in this process while Redis is away.

A gate is never open for want of a counter. What this process counted while Redis was away goes on counting when it is
back, until its window is over; what Redis had counted is unknown meanwhile, so that a process begins from zero.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from app.config import Settings
from app.extensions import Extension, limiter

log = structlog.get_logger()
T = TypeVar("T")
PATIENCE = 1
"""Seconds that a request waits for Redis, once."""
SILENCE = 10.0
"""Seconds for which a Redis that did not answer is not asked again: no request waits for it twice."""


class Away(Exception):
    """Redis does not count: nobody answers, or not in time, or it takes nothing more."""


class Redis:
    """The Redis that counts for all processes, left alone for a while after it did not answer."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def ask(self, question: Callable[[Any], T]) -> T:
        """Return what Redis says to the question, which gets its storage, or raise `Away`."""
        storage = limiter.storage
        if isinstance(storage, MemoryStorage) or time.monotonic() < self._silent_until:
            raise Away
        try:
            return question(storage)
        except storage.base_exceptions as problem:
            self._silent_until = time.monotonic() + SILENCE
            log.warning("tries_are_counted_here", kind=type(problem).__name__)
            raise Away from problem


class Tries:
    """Tries within a moving window. Each question is judged by what Redis counted and by what was counted here."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._here = redis, MovingWindowRateLimiter(MemoryStorage())

    def are_left(self, limit: RateLimitItem, who: str) -> bool:
        """Say whether there may be another try."""
        return self._here.test(limit, who) and self._asked(lambda there: there.test(limit, who), lambda: True)

    def take(self, limit: RateLimitItem, who: str) -> bool:
        """Count a try; return False, and count none, when there were too many."""
        if not self._here.test(limit, who):
            return False
        return self._asked(lambda there: there.hit(limit, who), lambda: self._here.hit(limit, who))

    def forget(self, limit: RateLimitItem, who: str) -> None:
        """Forget the tries so far."""
        self._here.clear(limit, who)
        self._asked(lambda there: there.clear(limit, who), lambda: None)

    def _asked(self, there: Callable[[RateLimiter], T], here: Callable[[], T]) -> T:
        try:
            return self._redis.ask(lambda storage: there(MovingWindowRateLimiter(storage)))
        except Away:
            return here()


_redis: Extension[Redis] = Extension("counting_redis")
_tries: Extension[Tries] = Extension("tries")


def tries() -> Tries:
    """Return the app's counts of tries."""
    return _tries.get_or_make(lambda: Tries(_redis.get_or_make(Redis)))


def counted_by_all(limit: RateLimitItem, *who: str) -> float | None:
    """Count one in all processes' window; return when it is over if that was too many, else None. Or raise `Away`."""

    def count(storage: Any) -> float | None:
        window = FixedWindowRateLimiter(storage)
        return None if window.hit(limit, *who) else window.get_window_stats(limit, *who).reset_time

    return _redis.get_or_make(Redis).ask(count)


def options(settings: Settings) -> dict[str, Any]:
    """Return how Redis is asked: once, and for a second. The SDK's own retries would hold a request for many."""
    if not settings.redis_url:
        return {}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"retry": Retry(NoBackoff(), 0), "socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
