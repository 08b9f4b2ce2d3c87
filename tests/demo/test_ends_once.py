"""The demo ends once, however many signals ask for it, and prints no traceback while it does."""

import subprocess
import sys

TWO_AT_ONCE = """
import signal
from app.demo.__main__ import ENDS, Stopped, ends_once

stop = ends_once()
for each in ENDS:
    signal.signal(each, stop)
stopped = 0
signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
for each in ENDS:
    signal.raise_signal(each)
for _ in range(3):
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        signal.raise_signal(ENDS[0])
    except Stopped:
        stopped += 1
print("stopped", stopped)
"""


def test_signals_that_come_together_end_it_once_and_without_a_traceback() -> None:
    ran = subprocess.run([sys.executable, "-c", TWO_AT_ONCE], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "stopped 1\n", "")
