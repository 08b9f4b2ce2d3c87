"""Ties a process that a test starts to the test's own process: whatever ends the one, however, ends the other."""

import ctypes
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def tied() -> dict[str, Any]:
    """Return the further arguments of `Popen`. Only Linux knows it; elsewhere the fixtures' own ends have to do."""
    return {"preexec_fn": _end_with_the_parent} if sys.platform == "linux" else {}


def _end_with_the_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
