"""Whether a replica of the database may be read, and how old what it shows is."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Replay:
    """How far a replica was when it was asked, a little after the primary was."""

    is_of_the_primary: bool
    is_replica: bool
    """Not any more once it was promoted."""
    has_everything: bool
    """Whether it had replayed all that the primary had written when the primary was asked."""
    replayed_at: datetime | None
    """When the last transaction that it has was committed, by the primary's clock; None: none since it was started."""


@dataclass(frozen=True)
class AsOf:
    """The replica shows everything that was committed until this moment, and perhaps more."""

    at: datetime


@dataclass(frozen=True)
class NotRead:
    """Why the replica is not read."""

    reason: str


def judged(replay: Replay, asked_at: datetime, oldest: timedelta) -> AsOf | NotRead:
    """Say as of when the replica shows the primary, which was asked at `asked_at`; older than `oldest` it is not read.

    A replica whose primary is idle has nothing to replay: its last transaction may be old, and it shows the present.
    """
    if not replay.is_of_the_primary:
        return NotRead("another_database")
    if not replay.is_replica:
        return NotRead("promoted")
    if replay.has_everything:
        return AsOf(asked_at)
    if replay.replayed_at is None:
        return NotRead("unknown_age")
    if asked_at - replay.replayed_at > oldest:
        return NotRead("too_old")
    return AsOf(replay.replayed_at)
