"""A crew of real worker processes that begin at the same moment."""

import json
import os
import signal
from collections.abc import Sequence
from typing import Any

from app.config import Settings
from tests.support import programs
from tests.support.databases import environment

Work = list[list[Any]]
Answer = tuple[str, str, str]
TIMEOUT = 240
# What the app writes when something failed that it will try again: in these tests nothing may.
BAD = ("Traceback", "deadlock", "lock timeout", "is locked", "_failed", "not_delivered", "needs_review", "_dead")


def together(settings: Settings, plans: Sequence[Work]) -> list[Answer]:
    """Let a process work on each plan, all at once, and return all answers; fail when any of them failed."""
    crew = programs.start("tests.programs.buyer", env=environment(settings), session=True)
    try:
        said, _none = crew.communicate(json.dumps(plans), timeout=TIMEOUT)
    finally:
        if crew.poll() is None:
            os.killpg(crew.pid, signal.SIGKILL)
            crew.wait()
    assert crew.returncode == 0, said[-5000:]
    assert [line for line in said.splitlines() if any(each in line for each in BAD)] == []
    return [_answer(line) for line in said.splitlines() if line.startswith("[")]


def _answer(line: str) -> Answer:
    what, key, end = json.loads(line)
    return what, key, end
