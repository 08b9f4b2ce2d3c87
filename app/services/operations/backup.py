"""A backup of the SQLite database, taken while it is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from app.config import Settings
from app.domain.errors import Refused

OWNER_ALONE = 0o600


def take(settings: Settings, target: Path) -> int:
    """Write the database as it stands now into the new file `target`, for its owner alone; return its bytes.

    Not a copy of the file: what was committed last lies beside it, in its write-ahead log. Writers go on meanwhile.
    """
    if settings.on_postgresql:
        raise Refused(
            f"On PostgreSQL use pg_dump, as its superuser: {postgresql_command(settings, target)}", "not_sqlite"
        )
    path = Path(make_url(settings.database_url).database or "")
    if not path.is_file():
        raise Refused(f"There is no database at {path}.", "no_database")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ALONE))
    except FileExistsError:
        raise Refused(f"{target} is there already, and stays as it is. Choose another name.", "file_exists") from None
    try:
        _write(path, target)
    except sqlite3.Error as problem:
        target.unlink()
        raise Refused(f"The backup failed: {problem}.", "backup_failed") from None
    except BaseException:
        target.unlink()
        raise
    return target.stat().st_size


def postgresql_command(settings: Settings, target: Path) -> str:
    """Return the command that backs up the PostgreSQL database, without a password."""
    url = make_url(settings.database_owner_url or settings.database_url)
    at = f" --host={url.host}" if url.host else ""
    port = f" --port={url.port}" if url.port else ""
    return f"pg_dump --format=custom --file={target}{at}{port} --username=postgres {url.database}"


def _write(path: Path, target: Path) -> None:
    with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=rw", uri=True)) as connection:
        connection.execute("pragma busy_timeout = 15000")
        connection.execute("vacuum into ?", (str(target),))
    for place in (target, target.parent):  # the file, and that it is there
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
