"""Whether a replica may be read, and as of when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.models.replica import AsOf, NotRead, Replay, judged

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
OLDEST = timedelta(seconds=60)
BEHIND = Replay(is_of_the_primary=True, is_replica=True, has_everything=False, replayed_at=NOW - timedelta(seconds=7))


def test_a_replica_that_is_behind_shows_the_moment_of_its_last_transaction() -> None:
    assert judged(BEHIND, NOW, OLDEST) == AsOf(NOW - timedelta(seconds=7))


def test_a_replica_that_has_everything_shows_the_present_however_long_nothing_happened() -> None:
    idle = replace(BEHIND, has_everything=True, replayed_at=NOW - timedelta(days=2))
    assert judged(idle, NOW, OLDEST) == AsOf(NOW)
    assert judged(replace(idle, replayed_at=None), NOW, OLDEST) == AsOf(NOW)


def test_a_replica_is_read_until_it_is_too_old() -> None:
    assert judged(replace(BEHIND, replayed_at=NOW - OLDEST), NOW, OLDEST) == AsOf(NOW - OLDEST)
    older = NOW - OLDEST - timedelta(microseconds=1)
    assert judged(replace(BEHIND, replayed_at=older), NOW, OLDEST) == NotRead("too_old")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"replayed_at": None}, "unknown_age"),
        ({"is_replica": False, "has_everything": True}, "promoted"),
        ({"is_of_the_primary": False, "has_everything": True}, "another_database"),
    ],
)
def test_a_replica_of_which_it_cannot_be_said_is_not_read(change: dict[str, bool | None], reason: str) -> None:
    assert judged(replace(BEHIND, **change), NOW, OLDEST) == NotRead(reason)  # type: ignore[arg-type]
