"""A SQLite database whose file is away, with something else in its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.models.database import db
from app.services.authorizations import holds


def another(path: Path) -> None:
    """Put something else where the file was."""
    path.write_bytes(b"This is no database. " * 1000)


@contextmanager
def gone(path: Path, put: Callable[[Path], None]) -> Iterator[None]:
    """Let the file be away, and something else in its place."""
    holds.close()
    db.session.remove()
    db.engine.dispose()
    kept = {each: each.with_name(f"kept-{each.name}") for each in path.parent.glob(f"{path.name}*")}
    for each, to in kept.items():
        each.rename(to)
    put(path)
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()
        for each in path.parent.glob(f"{path.name}*"):
            each.rmdir() if each.is_dir() else each.unlink()
        for each, to in kept.items():
            to.rename(each)
