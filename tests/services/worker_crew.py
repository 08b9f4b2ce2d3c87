"""A crew of real worker processes that begin at the same moment."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from app.config import Settings
from tests.support.databases import environment
from tests.support.server import ROOT

Work = list[list[Any]]
Answer = tuple[str, str, str]
TIMEOUT = 150
# What the app writes when something failed that it will try again: in these tests nothing may.
BAD = (
    "Traceback",
    "deadlock",
    "lock timeout",
    "database is locked",
    "_failed",
    "not_delivered",
    "needs_review",
    "_dead",
)


def together(settings: Settings, plans: Sequence[Work]) -> list[Answer]:
    """Start a process for each plan, let them begin at once, and return all answers; fail when any of them failed."""
    command = [sys.executable, "-m", "tests.services.worker_spender"]
    crew = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(settings),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in plans
    ]
    try:
        for worker in crew:
            _ready(worker)
        for worker, plan in zip(crew, plans, strict=True):
            _input(worker).write(json.dumps(plan) + "\n")
            _input(worker).flush()
        said = [worker.communicate(timeout=TIMEOUT)[0] for worker in crew]
    finally:
        for worker in crew:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
    ends = [worker.returncode for worker in crew]
    assert ends == [0] * len(crew), next(words for words, end in zip(said, ends, strict=True) if end)[-3000:]
    assert [words[-3000:] for words in said if any(each in words for each in BAD)] == []
    return [_answer(line) for words in said for line in words.splitlines() if line.startswith("[")]


def _ready(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdout is not None
    said = ""
    for line in worker.stdout:
        if line == "ready\n":
            return
        said += line
    raise AssertionError(f"a worker did not start: {said[-3000:]}")


def _input(worker: "subprocess.Popen[str]") -> Any:
    assert worker.stdin is not None
    return worker.stdin


def _answer(line: str) -> Answer:
    what, key, end = json.loads(line)
    return what, key, end
