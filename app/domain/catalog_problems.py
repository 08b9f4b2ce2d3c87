"""What is wrong with a catalog: a key, and why, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a key: names, and positions in lists counted from 0."""


@dataclass(frozen=True)
class Problem:
    """A key that is wrong, and why, in words that continue "the key …"."""

    path: Path
    reason: str


def dotted(path: Path) -> str:
    """Write a path as docs and messages do: `packs[2].price`, counted from 1."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def unique(section: str, keys: Sequence[str], below: str = "") -> Iterator[Problem]:
    """Find keys that are taken already by an earlier entry."""
    for index, key in enumerate(keys):
        if key in keys[:index]:
            path: Path = (section, below, index, "key") if below else (section, index, "key")
            yield Problem(path, f"is taken already by an earlier one ({key})")
