"""A worker that is asked to end, and asked again at the worst moment: while it takes note of the first time.

python -m tests.programs.asked_twice
"""

import os
import signal
import threading

from app import create_app
from app.config import Settings
from app.services import shutdown
from app.worker import work


class _Asked(threading.Event):
    def set(self) -> None:
        """Set it as an Event does; another signal comes while its lock is held."""
        with self._cond:  # type: ignore[attr-defined]  # the lock is what this is about
            os.kill(os.getpid(), signal.SIGINT)
            self._flag = True
            self._cond.notify_all()  # type: ignore[attr-defined]  # as above


if __name__ == "__main__":
    shutdown._asked = _Asked()  # nobody but a signal gets in between here
    work(create_app(Settings.from_env()), every=0.05, threads=2)
