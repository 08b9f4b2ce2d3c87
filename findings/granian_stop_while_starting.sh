#!/bin/sh
# granian 2.8.7: a worker that is asked to end while it imports the application does not hear it, and goes on for ever.
#
# Surprising: the first process sets its handlers of SIGTERM and SIGINT, then forks its workers, which have these handlers until
# the application is imported and they set their own. SIGTERM for the server makes it send SIGTERM to its workers and wait for
# them. In a worker that imports, the inherited handler only notes in a copy of the first process's flags that it is over, which
# nobody reads there. The worker then serves, and the server waits for it: for ever, or with --workers-kill-timeout for so long,
# and then kills it. The same where a worker that has died is started again (--respawn-failed-workers).
# Whom it hurts: whoever stops or restarts a server within the import of a large application, as after a wrong deployment or in a
# crash loop: systemd and containers wait for their own limit, then kill. Requests that it has taken meanwhile are cut off.
# What to do instead: begin the module that granian imports with
#     for each in (signal.SIGTERM, signal.SIGINT):
#         if getattr(signal.getsignal(each), "__name__", "") == "signal_handler_interrupt":
#             signal.signal(each, signal.SIG_DFL)
# and give the server --workers-kill-timeout for all else.
#
# Run `sh findings/granian_stop_while_starting.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat >slow.py <<'PYTHON'
import time

time.sleep(2)  # a large application


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ready"]
PYTHON
cat >mended.py <<'PYTHON'
import signal

for each in (signal.SIGTERM, signal.SIGINT):
    if getattr(signal.getsignal(each), "__name__", "") == "signal_handler_interrupt":
        signal.signal(each, signal.SIG_DFL)

from slow import app
PYTHON
venv/bin/python - <<'PYTHON'
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

COMMAND = ["venv/bin/granian", "--interface", "wsgi", "--host", "127.0.0.1", "--workers", "1", "--respawn-failed-workers"]
PATIENCE = 15


def workers(server):
    return [int(each) for each in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def answers(port):
    for _ in range(300):
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not start")


def ended(moment, module):
    """Ask the server to end at this moment; say whether it does."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*COMMAND, "--port", str(port), f"{module}:app"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        while not workers(server):
            time.sleep(0.02)
        if moment != "at its start":
            answers(port)
        if moment == "while a worker is started again":
            time.sleep(6)  # one that dies sooner ends the server
            (first,) = workers(server)
            os.kill(first, signal.SIGKILL)
            while workers(server) in ([], [first]):
                time.sleep(0.02)
        time.sleep(0.5)
        server.terminate()
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return False
        return True
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


CASES = [
    ("while it serves", "slow", True),
    ("at its start", "slow", False),
    ("while a worker is started again", "slow", False),
    ("at its start", "mended", True),
    ("while a worker is started again", "mended", True),
]
with ThreadPoolExecutor(len(CASES)) as threads:
    found = list(threads.map(lambda case: ended(case[0], case[1]), CASES))
print(f"granian {version('granian')}. Expected: it ends whenever it is asked to. Seen after {PATIENCE} seconds:")
for (moment, module, _), has_ended in zip(CASES, found):
    print(f"  SIGTERM {moment}, {module}.py: {'ended' if has_ended else 'goes on'}")
holds = found == [expected for _, _, expected in CASES]
print("still so" if holds else "CHANGED: this is no longer what granian does")
sys.exit(not holds)
PYTHON
