"""Where the tests put their databases: in memory where there is room, for a disk makes the same tests twice as long."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # Linux: a file system in memory
ROOM = 6 * 1024**3
"""Bytes that must be free there; the tests take less than half of it."""


def new_directory() -> Path:
    """Return a new directory that every account may enter: the database server runs as somebody else."""
    room = MEMORY if _has_room(MEMORY) else None
    directory = Path(tempfile.mkdtemp(prefix="purser-tests-", dir=room))
    directory.chmod(0o755)
    return directory


def _has_room(directory: Path) -> bool:
    return directory.is_dir() and os.access(directory, os.W_OK) and shutil.disk_usage(directory).free >= ROOM
