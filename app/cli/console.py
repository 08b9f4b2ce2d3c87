"""How every command reads what it is given and says what went wrong: in one clear line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import NotFound, Refused
from app.ids import is_id
from app.services.customers import directory


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what went wrong into one clear line and an exit status of 1."""
    try:
        yield
    except Refused as refusal:
        stop(str(refusal))
    except SQLAlchemyError as problem:
        stop(f"The database says: {str(getattr(problem, 'orig', problem)).splitlines()[0]}")
    except OSError as problem:
        stop(str(problem))


def moment(text: str) -> datetime:
    """Read a time; without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is not a time such as 2026-11-21T12:00:00Z.", "moment_malformed") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def customer_named(name: str) -> str:
    """Return our id of the customer that is called so, by our id or the seller's own, or refuse."""
    if is_id(name, "cus"):
        return name
    found = directory.id_of(name) if name.isprintable() else None
    if found is None:
        raise NotFound("customer")
    return found


def stop(line: str) -> NoReturn:
    """Say why, and end with an exit status of 1."""
    click.echo(line, err=True)
    sys.exit(1)
