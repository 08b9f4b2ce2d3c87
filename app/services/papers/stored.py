"""What every stored file is: made once, checked by its SHA-256 whenever it is read, and refused until it is there."""

import hashlib
from dataclasses import dataclass

from app.domain.errors import Refused, ensure
from app.extensions import settings

MADE, PENDING, DEAD = "made", "pending", "dead"


class NotMade(Refused):
    """The file is still being made, or could not be."""

    def __init__(self) -> None:
        super().__init__("This file is being made. Ask again in a moment.", "file_not_made", 409)


@dataclass(frozen=True)
class StoredFile:
    """A file as it was made."""

    name: str
    content_type: str
    content: bytes
    sha256: str


def are_offered() -> bool:
    """Say whether this installation makes PDFs."""
    return settings().pdf_engine != "none"


def checked(row_id: str, content: bytes, sha256: str) -> bytes:
    """Return what was kept, if it is what was made."""
    ensure(hashlib.sha256(content).hexdigest() == sha256, f"{row_id} is not what was made")
    return content


def named(kind: str, number: str, ending: str) -> str:
    """Return a file's name: what it is and its number, as every system takes it."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "-" for each in number)
    return f"{kind.replace('_', '-')}-{plain}.{ending}"
