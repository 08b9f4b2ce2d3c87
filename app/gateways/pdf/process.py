"""The process that draws: one document after the other, from its standard input to its output, until the input ends.

It has a limit on its memory, no settings and no secrets in its environment, and from the moment it is ready it refuses
itself every connection, every program and every file but those of Python, its libraries and the fonts. A document that
takes too long is ended by an alarm of the process, also where nobody is left who waits for it.

A request is a line of JSON (`length`, `made_at`) and the document; an answer is a line of JSON and the PDF or nothing.
"""

import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

Draw = Callable[[str, datetime], bytes]
MEMORY = 768 * 1024 * 1024
"""Bytes of address space: five times what a document of 2,000 lines takes."""
ALARM_SECONDS = 150
LONGEST = 20 * 1024 * 1024
READY = {"ready": True}
_READABLE = tuple(
    str(Path(each).resolve()) + os.sep
    for each in (sys.prefix, sys.base_prefix, Path(os.__file__).parent, Path(__file__).parents[2])
)
_PROGRAMS = ("subprocess.", "os.system", "os.exec", "os.fork", "os.spawn", "os.posix_spawn", "pty.", "ctypes.d")
_FORBIDDEN = ("socket.", *_PROGRAMS)
_MOST = "builtins.id"
"""Harmless, and nearly all that is asked: a thousand times a line."""


class Forbidden(Exception):
    """The process was asked for something that it refuses itself."""


def serve(prepare: Callable[[], Draw]) -> None:
    """Prepare to draw, shut the doors, say so, and answer until the input ends."""
    requests, answers = sys.stdin.buffer, _answers()
    limit()
    draw = prepare()
    refused = shut()
    _settle()
    _answer(answers, READY)
    for line in requests:
        request = json.loads(line)
        signal.alarm(ALARM_SECONDS)
        html = requests.read(min(int(request["length"]), LONGEST)).decode()
        refused.clear()
        try:
            made = draw(html, datetime.fromtimestamp(request["made_at"], UTC))
        except MemoryError:
            _answer(answers, {"failed": "no_memory", "about": ""})
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is this document's, and no other's
            _answer(answers, {"failed": "not_drawn", "about": f"{type(problem).__name__}: {problem}"[:300]})
        else:
            if refused:
                _answer(answers, {"failed": "forbidden", "about": refused[0]})
            else:
                _answer(answers, {"length": len(made)}, made)
        signal.alarm(0)


def limit() -> None:
    """Bound the memory, and leave no core behind: it would hold a customer's document."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _settle() -> None:
    """Let what is in memory by now, the fonts above all, not be looked through again at each document."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def shut() -> list[str]:
    """Refuse, for good, connections, programs and files; return the list in which what was refused is noted."""
    refused: list[str] = []

    def refuse(event: str, about: tuple[object, ...]) -> None:
        if event == _MOST:
            return
        if event.startswith(_FORBIDDEN) or (event == "open" and not _may_be_read(about)):
            refused.append(event)
            raise Forbidden(event)

    sys.addaudithook(refuse)
    return refused


def _may_be_read(about: tuple[object, ...]) -> bool:
    path, mode, flags = about[0], about[1], about[2]
    if isinstance(path, int):
        return True
    if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITING):
        return False
    return os.path.realpath(os.fsdecode(path)).startswith(_READABLE)  # type: ignore[arg-type]  # a path, or open() fails


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _answers() -> BinaryIO:
    """Take the output for answers alone: whatever a library prints goes beside it."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept


def _answer(answers: BinaryIO, said: Mapping[str, object], made: bytes = b"") -> None:
    answers.write(json.dumps(said).encode() + b"\n" + made)
    answers.flush()
