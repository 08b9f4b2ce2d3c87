"""A worker in a process of its own that works on the inbox once, and is killed or stopped at its Nth moment.

    python -m tests.programs.worker_at kill|stop MOMENT NOW

KillPoints are before and after every commit and every call to the processor; each is printed as it is reached. `MOMENT` 0:
never. `NOW` is what its clock shows.
"""

import os
import signal
import sys
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import clock, create_app
from app.config import Settings
from app.services.reconciliation import inbox
from tests.support.kill_points import Watched, watch_cursors

ENDS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class KillPoints:
    """Counts what is reached, and ends or halts this process at the one that was asked for."""

    def __init__(self, how: str, at: int) -> None:
        self._signal, self._at, self._count = ENDS[how], at, 0

    def reached(self, *words: str) -> None:
        """Count one moment: a statement is none."""
        if words[0] == "statement":
            return
        self._count += 1
        print(self._count, words[-1], flush=True)
        if self._count == self._at:
            os.kill(os.getpid(), self._signal)


def main(how: str, at: int, now: datetime) -> None:
    """Work on the inbox once."""
    app = create_app(Settings.from_env())
    kill_points = KillPoints(how, at)
    app.extensions["purser.gateway"] = Watched(app.extensions["purser.gateway"], kill_points)
    event.listen(Session, "before_commit", lambda _session: kill_points.reached("before commit"))
    event.listen(Session, "after_commit", lambda _session: kill_points.reached("after commit"))
    watch_cursors(kill_points)
    with app.app_context(), clock.at(now):
        print("done", inbox.work(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
