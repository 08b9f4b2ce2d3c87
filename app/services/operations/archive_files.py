"""The file of a month's usage events: gzip'ed JSON Lines, written whole or not at all, and read back."""

import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from app.domain.errors import Refused

COLUMNS = (
    "customer_id",
    "id",
    "received_at",
    "day",
    "occurred_at",
    "period_number",
    "meter",
    "subject",
    "quantity",
    "micros",
    "properties",
    "authorization_id",
)
_OWNER_ALONE = 0o600
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
Key = tuple[str, str, str, int]
"""Customer, day, meter and billing period."""


@dataclass
class Sums:
    """What the events of a customer, day and meter add up to."""

    events: int = 0
    quantity: int = 0
    most: int = 0
    micros: int = 0
    captures: int = 0
    captured_quantity: int = 0
    captured_micros: int = 0

    def add(self, quantity: int, micros: int, *, is_capture: bool) -> None:
        """Add an event."""
        self.events, self.quantity, self.micros = self.events + 1, self.quantity + quantity, self.micros + micros
        self.most = max(self.most, quantity)
        if is_capture:
            self.captures += 1
            self.captured_quantity, self.captured_micros = (
                self.captured_quantity + quantity,
                self.captured_micros + micros,
            )


@dataclass
class Contents:
    """What a file holds."""

    sums: dict[Key, Sums] = field(default_factory=dict)
    sha256: str = ""
    bytes: int = 0
    lines: str = ""
    """The digest of its lines, unpacked."""

    @property
    def events(self) -> int:
        """Return how many events it has."""
        return sum(each.events for each in self.sums.values())


def write(target: Path, rows: Iterable[tuple[Any, ...]]) -> str:
    """Write the events, in the order in which they come, under another name first: the file is there whole or not.

    One run writes it at a time: its lock ends with it, however that ends. The digest of its lines is returned.
    """
    beside, lines = target.with_name(f"{target.name}.part"), hashlib.sha256()
    handle = os.open(beside, os.O_CREAT | os.O_NOFOLLOW | os.O_WRONLY, _OWNER_ALONE)
    with os.fdopen(handle, "wb") as raw:
        if not _is_ours(raw, beside):
            raise Refused(f"Another run is writing {target}: give the command again when it has ended.", "another_run")
        raw.truncate()  # of a run that was killed
        try:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                for row in rows:
                    line = _line(row)
                    packed.write(line)
                    lines.update(line)
        except Refused:
            beside.unlink()  # it is ours: nobody else writes here meanwhile
            raise
        raw.flush()
        os.fsync(raw.fileno())
    beside.rename(target)
    _keep(target.parent)
    return lines.hexdigest()


def _is_ours(raw: IO[bytes], path: Path) -> bool:
    """Lock the file, and say whether nobody else had, or has moved it meanwhile."""
    with suppress(OSError):
        fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(raw.fileno()), path.stat())
    return False


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return the digest of the lines that these events are written as."""
    found = hashlib.sha256()
    for row in rows:
        found.update(_line(row))
    return found.hexdigest()


def _line(row: tuple[Any, ...]) -> bytes:
    return _written(dict(zip(COLUMNS, row, strict=True))).encode() + b"\n"


def write_sum(target: Path, sha256: str) -> None:
    """Write the file's sum beside it, as `sha256sum --check` reads it."""
    beside = target.with_name(f"{target.name}.sha256")
    with beside.open("w") as text:
        text.write(f"{sha256}  {target.name}\n")
        text.flush()
        os.fsync(text.fileno())
    _keep(target.parent)


def read(target: Path) -> Contents:
    """Read the file back from the disk and add it up. What is no file of events raises `OSError` or `ValueError`."""
    found, packed, unpacked = Contents(), hashlib.sha256(), hashlib.sha256()
    with target.open("rb") as raw:
        while piece := raw.read(1 << 20):
            packed.update(piece)
            found.bytes += len(piece)
    found.sha256 = packed.hexdigest()
    with gzip.open(target) as lines:
        for line in lines:
            unpacked.update(line)
            add(found.sums, json.loads(line))
    found.lines = unpacked.hexdigest()
    return found


def add(sums: dict[Key, Sums], row: Mapping[str, Any]) -> None:
    """Add an event to what they add up to."""
    key = (row["customer_id"], str(row["day"]), row["meter"], row["period_number"])
    captured = row["authorization_id"] is not None
    sums.setdefault(key, Sums()).add(row["quantity"], row["micros"], is_capture=captured)


def _keep(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
