"""Watches over a test run: where the run is killed and cannot tidy up itself, its database server goes with it."""

import subprocess
from pathlib import Path

# The end of its input is the end of the run: only the run has the other side, and no program that it starts inherits it.
TIDY_UP = """
cat >/dev/null
server=$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$1/postgres.json" 2>/dev/null)
if [ -n "$server" ]; then kill -QUIT "$server"; fi
for again in 1 2 3 4 5; do rm -rf "$1" && [ ! -e "$1" ] && exit; sleep 1; done 2>/dev/null
"""


def watch(directory: Path) -> "subprocess.Popen[bytes]":
    """Start the watcher of the run whose workers share the directory; `leave` ends it."""
    command = ["sh", "-c", TIDY_UP, "watcher", str(directory)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/", start_new_session=True)


def leave(watcher: "subprocess.Popen[bytes]") -> None:
    """End the watcher: the run has tidied up itself."""
    watcher.communicate()
